"""Every reason that a part of the toolkit or a bot gives to a person is there in Chinese too."""

import ast
import re
from pathlib import Path

import pytest

from clerkwork.discover import catalog_files
from clerkwork.web.i18n import read_catalogue

HOME = Path(__file__).resolve().parent.parent.parent
PARTS = sorted(
    path
    for folder in ("clerkwork", "bots")
    for path in (HOME / folder).rglob("*.py")
    if not {"scaffold", "migrations", "testing"} & set(path.parts)
)
EXCEPTIONS = {"BusinessException", "ApplicationException"}
WORDS = re.compile(r"\w \w")
SENTENCES = {"reason", "message"}


def reasons_in(file: Path) -> set[str]:
    """Return the constant sentences that calls in *file* hand on as a reason or a message."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        given = [keyword.value for keyword in node.keywords if keyword.arg in SENTENCES]
        given += node.args[1:2] if name in EXCEPTIONS else []
        found |= {
            value.value
            for value in given
            if isinstance(value, ast.Constant) and isinstance(value.value, str)
        }
    return {sentence for sentence in found if WORDS.search(re.sub(r"\{\w+\}", "", sentence))}


@pytest.fixture(scope="module")
def chinese() -> set[str]:
    return {
        message
        for file in catalog_files(HOME)
        for message, text in read_catalogue(file).items()
        if text
    }


@pytest.mark.parametrize(
    "file",
    [file for file in PARTS if reasons_in(file)],
    ids=lambda file: str(file.relative_to(HOME)),
)
def test_reasons_are_translated(file, chinese):
    """A person who reads Chinese is never asked in English."""
    assert reasons_in(file) - chinese == set()
