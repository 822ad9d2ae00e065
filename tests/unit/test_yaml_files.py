"""YAML files: every mistake is one sentence with the file, the line and what to write instead."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from clerkwork.config.files.yaml_files import expanded, parse, read_yaml
from clerkwork.errors import ConfigError


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = Field(gt=0)


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    secret: SecretStr = SecretStr("")
    part: Part | None = None
    parts: list[Part] = []


def problems_of(tmp_path: Path, text: str | bytes) -> list[str]:
    file = tmp_path / "thing.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        return [str(problem) for problem in parse(Thing, read_yaml(file, tmp_path))[1]]
    except ConfigError as error:
        return [str(error)]


def test_all_problems_of_a_file_are_listed_in_the_order_of_its_lines(tmp_path):
    """Nobody wants to run the check once per slip."""
    text = """\
nmae: x
part:
  size: -1

parts:
  - size: 1
  - size: many
    colour: red
"""
    assert problems_of(tmp_path, text) == [
        "thing.yaml:1: the key `name` is missing; add it",
        "thing.yaml:1: unknown key `nmae`, known keys are name, secret, part, parts; "
        "did you mean `name`?",
        "thing.yaml:3: `part.size`: input should be greater than 0, found -1",
        "thing.yaml:7: `parts.1.size`: input should be a valid integer, unable to parse string "
        "as an integer, found 'many'",
        "thing.yaml:8: unknown key `colour`, known keys are size",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a\nname: b\n", ":2: the key `name` is already in line 1; remove one"),
        ("name: a\npart: {size: 1, size: 2}", ":2: the key `size` is already in line 2;"),
        ("name: &a x\n", ":1: anchors and aliases are not allowed; write the values out"),
        ("name: a\npart:\n\tsize: 1\n", ":3: is not valid YAML: found character '\\t'"),
        ("name: [a\n", ":2: is not valid YAML: expected ',' or ']'"),
        ("name: !!python/name:os.system\n", ":1: is not valid YAML: could not determine"),
        ("- a\n", ":1: write `key: value` lines"),
        ("name: a\n---\nname: b\n", ":2: is not valid YAML: but found another document"),
        (b"name: \xff\n", ": is not UTF-8 text (byte 6); save it so"),
        (b"name: a\x00b\n", ": is not valid YAML: unacceptable character #x0000"),
        ("[" * 5000, ":1: is nested more than 50 levels deep; flatten it"),
        ("name: " + "a" * 1_000_001, ": is larger than 1000000 bytes; split it"),
    ],
)
def test_a_malformed_file_is_one_clear_sentence(tmp_path, text, problem):
    """Every error of the YAML library is reported as one sentence."""
    (found,) = problems_of(tmp_path, text)
    assert found.startswith(f"thing.yaml{problem}")


def test_a_secret_is_never_in_an_error(tmp_path):
    """A wrong value of a secret key is not repeated."""
    (found,) = problems_of(tmp_path, "name: a\nsecret: 123456\n")
    assert found == "thing.yaml:2: `secret`: input should be a valid string"


def test_a_missing_file_is_named(tmp_path):
    """A file that cannot be read is a configuration error too."""
    with pytest.raises(ConfigError, match=r"^thing\.yaml: cannot be read: No such file"):
        read_yaml(tmp_path / "thing.yaml", tmp_path)


def test_variables_come_from_the_environment_and_missing_ones_are_named(tmp_path):
    """A default makes a variable optional; an unset one is named with its line."""
    file = tmp_path / "thing.yaml"
    file.write_text("name: ${HOST}:${PORT:-80}/${PATH_X:-}\nparts:\n  - a: ${SECRET}\n")
    found, problems = expanded(read_yaml(file, tmp_path), {"HOST": "erp"})
    assert found.data == {"name": "erp:80/", "parts": [{"a": ""}]}
    assert [str(problem) for problem in problems] == [
        "thing.yaml:3: the environment variable SECRET is not set; set it before you start"
    ]
