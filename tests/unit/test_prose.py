"""Plain English: limits on odd words and phrases in docstrings and pages.

The lists are a sample of words that make a reader stop. To pass by synonyms misses the point: fact
first, present tense, the word of the glossary, the remedy last.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCAFFOLD = ROOT / "clerkwork" / "cli" / "scaffold"
WORDS = re.compile(
    r"\b(?:amiss|anew|bears?|became|becomes|begun|beside|heard|hence|hitherto|likewise|meant"
    r"|otherwise|rivals?|stands|stood|sure|surely|tells|thereof|told|whatever|whence|wherein"
    r"|whoever)\b"
)
PHRASES = re.compile(
    r"\b(?:let(?:s|ting)? (?:it |them )?go|what became of|by so much|once more|belongs? into"
    r"|the very|as far as|goes? on with|is at work|what is the matter)\b"
)
MOST_WORDS = 20  # per 10,000 words
MOST_PHRASES = 1  # per 10,000 words
SMALL = 5_000  # words; of a smaller text, occurrences are counted
MOST_WORDS_SMALL = 5
PARTS = {
    **{
        f"clerkwork/{path.name}": path
        for path in sorted((ROOT / "clerkwork").iterdir())
        if (path / "__init__.py").exists()
    },
    "docs": ROOT / "docs",
    "tests": ROOT / "tests",
}


def text_of(folder: Path) -> Iterator[str]:
    """Yield the docstrings and pages below *folder*, without blocks of code."""
    for path in sorted(folder.rglob("*.py")):
        if path.is_relative_to(SCAFFOLD):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(node) or ""
    for path in sorted(folder.rglob("*.md")):
        yield re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)


def counted(folder: Path) -> tuple[int, int, int]:
    """Return the number of words, of odd words and of odd phrases below *folder*."""
    text = " ".join(" ".join(text_of(folder)).lower().split())
    return len(re.findall(r"[a-z']+", text)), len(WORDS.findall(text)), len(PHRASES.findall(text))


def allowed(length: int) -> tuple[int, int]:
    """Return the most odd words and phrases in a text of *length* words."""
    if length < SMALL:
        return MOST_WORDS_SMALL, 0
    return MOST_WORDS * length // 10_000, MOST_PHRASES * length // 10_000


@pytest.mark.parametrize("part", PARTS)
def test_prose_is_plain(part: str) -> None:
    """A package has few words and phrases that a reader has to read twice."""
    length, words, phrases = counted(PARTS[part])
    most_words, most_phrases = allowed(length)
    assert (words <= most_words, phrases <= most_phrases) == (True, True), (words, phrases)
