"""How the reference pages are drawn from models; that they are fresh is a contract test."""

import importlib.util
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

TOOL = Path(__file__).parent.parent.parent / "tools" / "make_reference.py"


class Inner(BaseModel):
    size: int = Field(3, description="How large | how wide.")


class Outer(BaseModel):
    kind: Literal["a", "b"] = Field(description="Which kind.")
    flag: bool = Field(True, description="Whether.")
    secret: SecretStr = Field(SecretStr("x"), description="A secret.")
    inner: Inner = Field(default_factory=Inner, description="More.")
    maybe: Inner | None = Field(None, description="More, or nothing.")
    many: list[Inner] = Field(default_factory=list, description="Several.")


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_reference_alone", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_key_has_its_path(tool):
    """Keys of models in models follow theirs; lists are marked."""
    assert [path for path, _ in tool.keys_of(Outer)] == [
        "kind", "flag", "secret", "inner", "inner.size", "maybe", "maybe.size", "many[]",
        "many[].size",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "default"),
    [
        ("kind", "`a` or `b`", "required"),
        ("flag", "true or false", "`true`"),
        ("secret", "secret", "none"),
        ("inner", "keys below", "as below"),
        ("maybe", "keys below", "none"),
        ("many", "list", "`[]`"),
    ],
)
def test_a_value_and_its_default_are_said_in_words(tool, name, kind, default):
    """The reference shows no Python types and no secrets."""
    info = Outer.model_fields[name]
    assert (tool._kind(info.annotation), tool._default(info)) == (kind, default)


def test_a_bar_in_a_text_breaks_no_table(tool):
    """What separates columns is escaped in them."""
    (row,) = tool._rows(Inner, "")
    assert row == "| `size` | whole number | `3` | How large \\| how wide. |"


def test_the_check_writes_nothing_and_lists_what_is_stale(tool, tmp_path, monkeypatch, capsys):
    """`--check` is for machines: a status, and the names."""
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["make_reference.py", "--check"])
    status = tool.main()
    assert (status, list(tmp_path.iterdir())) == (1, [])
    assert "settings.md" in capsys.readouterr().out


def test_a_second_writing_changes_nothing(tool, tmp_path, monkeypatch, capsys):
    """Pages that are fresh are left alone."""
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["make_reference.py"])
    assert (tool.main(), sorted(file.name for file in tmp_path.iterdir())) == (
        0,
        sorted(tool.pages()),
    )
    capsys.readouterr()
    assert (tool.main(), capsys.readouterr().out) == (0, "")
