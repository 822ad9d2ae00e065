"""What `record` refuses before anybody begins to record, each with one sentence."""

import json
from typing import Any

import pytest

from tests.fixtures_cli import Shell

FILES: dict[str, Any] = {
    "sample.json": json.dumps({"number": "A-1", "lines": [{"code": "X"}]}),
    "second.json": json.dumps({"number": "A-2", "lines": [{"code": "Y"}, {"code": "Z"}]}),
    "other.json": json.dumps({"number": "A-2", "rows": [{"code": "Y"}]}),
    "broken.json": "{",
    "list.json": "[]",
    "picture.json": b"\x89PNG\xff",
}
REFUSED = {
    "no such file": (["--sample", "nowhere.json"], "nowhere.json cannot be read: No such file"),
    "no text": (["--sample", "picture.json"], "picture.json cannot be read: it is not UTF-8 text"),
    "no JSON": (["--sample", "broken.json"], "broken.json is not JSON: "),
    "no item": (["--sample", "list.json"], "list.json contains no item; write an object"),
    "another kind": (
        ["--sample", "other.json"],
        "other.json and second.json are not items of the same kind: only one of them has"
        " lines.code, rows.code",
    ),
    "no script": (["--from", "nowhere.py"], "nowhere.py cannot be read: No such file"),
    "no screen": ([], "recording needs a display, and DISPLAY is not set"),
}


@pytest.fixture
def beside_files(read_only: Shell, tmp_path, monkeypatch) -> Shell:
    """A project, called from a folder with samples, where there is no screen."""
    monkeypatch.chdir(tmp_path)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_only


@pytest.mark.parametrize(("options", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_recorded_is_refused_with_one_sentence(beside_files, options, sentence):
    """No start is announced, and no library's error is shown."""
    samples = ["--sample", "sample.json", "--second", "second.json"]
    said = beside_files("record", "http://127.0.0.1:9", "--name", "new", *samples, *options)
    assert (said.status, said.out, said.err.count("\n"), sentence in said.err) == (2, "", 1, True)


def test_address_without_a_scheme_is_refused(beside_files):
    """The sentence says how to write it."""
    samples = ["--sample", "sample.json", "--second", "second.json"]
    said = beside_files("record", "erp", "--name", "new", *samples)
    assert (said.status, said.err) == (
        2,
        "erp is not an address; write it with http:// or https://\n",
    )
