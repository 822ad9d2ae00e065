"""Similarity of labels in English and Chinese, with synonyms and without punctuation."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import yaml

_BRACKETS = re.compile(r"[(\[【（][^)\]】）]*[)\]】）]")
_MARKS = re.compile(r"[^\w\s%#&/.-]|_", re.UNICODE)
_EDGES = re.compile(r"^(?:\d+[.)]\s+)|\b(?:required|optional)\b|必填|选填|可选", re.IGNORECASE)
LEAST_CUT = 3  # letters of an abbreviated word
_HAN = re.compile(r"[\u3400-\u9fff]")
_BETWEEN = re.compile(r"\s[-–—/|·]\s|[;:,](?=\s)|[。，；：]")
_POLITE = re.compile(
    r"^(?:please )?(?:enter|type|select|choose|pick|fill in|specify)(?: (?:the|your|an?))? "
    r"|^(?:the|your) |^请?(?:输入|选择|填写)"
)


@lru_cache(maxsize=8192)
def normalize(text: str) -> str:
    """Return *text* in lower case without stars, colons, brackets and words such as `required`."""
    text = unicodedata.normalize("NFKC", text).casefold()
    bare = _BRACKETS.sub(" ", text)
    text = bare if bare.strip() else text
    text = _EDGES.sub(" ", _MARKS.sub(" ", text))
    text = " ".join(text.split()).strip(" .-/")
    return _POLITE.sub("", text).strip()


@lru_cache(maxsize=1)
def _concepts_by_word() -> dict[str, frozenset[int]]:
    lists = yaml.safe_load(Path(__file__).with_name("synonyms.yaml").read_text(encoding="utf-8"))
    found: dict[str, set[int]] = {}
    for number, words in enumerate(lists):
        for word in words:
            found.setdefault(normalize(str(word)), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


@lru_cache(maxsize=65536)
def similarity(one: str, other: str) -> float:
    """Return how similar two labels are: from 0 (nothing in common) to 1 (the same words)."""
    first, second = normalize(one), normalize(other)
    if not first or not second:
        return 0.0
    if first == second or first.replace(" ", "") == second.replace(" ", ""):
        return 1.0
    concepts = _concepts_by_word()
    if concepts.get(first, frozenset()) & concepts.get(second, frozenset()):
        return 0.92
    if _abbreviates(one, second) or _abbreviates(other, first):
        return 0.9
    if first in _name_parts(other) or second in _name_parts(one):
        return 0.88
    return max(_containment(first, second), 0.8 * _overlap(first, second))


@lru_cache(maxsize=8192)
def _name_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a label with several names, such as `Name / 名称`."""
    parts = _BETWEEN.split(unicodedata.normalize("NFKC", text))
    return tuple(filter(None, map(normalize, parts))) if len(parts) > 1 else ()


def _abbreviates(text: str, long: str) -> bool:
    """Return whether *text* abbreviates *long* word by word, such as `Qty. ord.`."""
    short = normalize(text) + "." * text.rstrip().endswith(".")  # normalize removed the last one
    parts, whole = short.split(), long.split()
    return "." in short and len(parts) == len(whole) and all(map(_starts, parts, whole))


def _starts(part: str, word: str) -> bool:
    cut = part.removesuffix(".")
    return part == word or (cut != part and len(cut) >= LEAST_CUT and word.startswith(cut))


def _containment(first: str, second: str) -> float:
    """Return the similarity of two texts when the shorter is a run of whole words of the longer."""
    short, long = sorted((first, second), key=len)
    parts, whole = _tokens(short), _tokens(long)
    size = len(parts)
    if not any(whole[at : at + size] == parts for at in range(len(whole) - size + 1)):
        return 0.0
    return 0.55 + 0.35 * len(parts) / len(whole)


def _overlap(first: str, second: str) -> float:
    one, two = set(_tokens(first)), set(_tokens(second))
    words = 2 * len(one & two) / (len(one) + len(two)) if one and two else 0.0
    one, two = _letter_pairs(first), _letter_pairs(second)
    letters = 2 * len(one & two) / (len(one) + len(two)) if one and two else 0.0
    return max(words * 0.8, letters if letters > 0.6 else letters / 2)


@lru_cache(maxsize=8192)
def _tokens(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in text.split():
        found += list(word) if _HAN.search(word) else [word]
    return tuple(found)


@lru_cache(maxsize=8192)
def _letter_pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}
