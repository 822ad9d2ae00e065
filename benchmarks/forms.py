"""Compares the extracted label-value pairs of a form with the annotated ones."""

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path

ALIKE = 0.8
Pair = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Counts:
    """Numbers of annotated pairs, of found pairs, and of right pairs."""

    wanted: int = 0
    found: int = 0
    right: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Return the counts of both."""
        return Counts(
            wanted=self.wanted + other.wanted,
            found=self.found + other.found,
            right=self.right + other.right,
        )

    @property
    def f1(self) -> float:
        """Return F1: twice the right pairs, divided by the annotated plus the found pairs."""
        return 2 * self.right / max(self.wanted + self.found, 1)


def compare(counts: Counts, annotation: Path, found: list[Pair]) -> None:
    """Count each found pair once, with the most similar annotated pair."""
    left = labelled(annotation)
    counts.wanted += len(left)
    counts.found += len(found)
    for pair in found:
        best = max(left, key=lambda other: likeness(pair, other), default=None)
        if best is not None and likeness(pair, best) >= ALIKE:
            left.remove(best)
            counts.right += 1


def labelled(annotation: Path) -> list[Pair]:
    """Return the linked questions and answers of a form, without empty ones."""
    form = {one["id"]: one for one in json.loads(annotation.read_text("utf-8"))["form"]}
    return [
        (one["text"], form[end]["text"])
        for one in form.values()
        if one["label"] == "question" and one["text"].strip()
        for start, end in one["linking"]
        if start == one["id"] and form[end]["label"] == "answer" and form[end]["text"].strip()
    ]


def likeness(pair: Pair, other: Pair) -> float:
    """Return the lower similarity of label and value, from 0.0 to 1.0.

    Punctuation and blanks are ignored.
    """
    return min(_alike(a, b) for a, b in zip(pair, other, strict=True))


def _alike(a: str, b: str) -> float:
    a, b = (re.sub(r"[\W_]", "", text).lower() or text.strip() for text in (a, b))
    return 1.0 if a == b else difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
