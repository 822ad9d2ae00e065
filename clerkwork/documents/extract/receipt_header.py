"""The head of a receipt: who sold and where, which no label names.

An address is known by its words: streets, floors, places, a postcode. The name is above it, and
most often ends like a company; numbers of registration and telephones stand in between.
"""

import difflib
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from clerkwork.documents.draft import FoundValue, found
from clerkwork.documents.tokens import Token, is_cjk, text_of
from clerkwork.documents.values.numerals import normal

WORDS = yaml.safe_load(Path(__file__).with_name("receipts.yaml").read_text("utf-8"))
REGISTRATION = re.compile(
    r"\s*[(\[]?\s*(?:co\.?\s*(?:reg\.?)?\s*(?:no)?\W*)?\d{4,}\s*-?\s*[A-Z]?\W*(?:\(\w{2,5}\)\W*)?$",
    re.IGNORECASE,
)
TELEPHONE = re.compile(
    r"\s\(?\b(?:te[l1]|t|h/?p|ph|phone|fax|f)\b\s?[.:;](?=(?:\D*\d){7}).*$", re.IGNORECASE
)
NUMBERED = re.compile(
    r"\W*(?:(?:co|reg|no|roc)\W+)*(?=.*\d{5}|(?:\D*\d){8})[\d\W]+\w?\W*", re.IGNORECASE
)
BRACKETED = re.compile(r"\([^\d()]{3,}\)")
LETTER_IN_NUMBER = re.compile(r"(?<=\d)[oO](?![^\W\d_])")
LOOK_ALIKE = str.maketrans("5018", "soib")
POSTCODE = re.compile(r"(?<![\d/.(-])\d{5,6}(?![\d/.)-])")
AMOUNT = re.compile(r"\d\.\d\d(?!\d)")
HOUSE = re.compile(r"^\W*\d+[\w/&-]*(?:\s?,|\s+[A-Z])")
HEAD_ROWS, ADDRESS_ROWS, MAX_GAP = 14, 7, 2
ALIKE, SURE, MIN_SIGNS, LABEL_LETTERS = 0.74, 4, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """One row of a receipt.

    Attributes:
        text: Its words.
        plain: The same as labels are compared: lower case, without points and colons.
        tokens: Its words.
        parts: Each word as *text* contains it.
    """

    text: str
    plain: str
    tokens: tuple[Token, ...]
    parts: tuple[str, ...]


def row_of(tokens: Sequence[Token]) -> ReceiptRow:
    """Return words as a row."""
    text = normal(text_of(tokens))
    plain = re.sub(r"[^\W\d_]{4,}", _label_word, re.sub(r"[.:;()*#=]+", " ", text.lower()))
    parts = tuple(normal(token.text) for token in tokens)
    return ReceiptRow(text=text, plain=" ".join(plain.split()), tokens=tuple(tokens), parts=parts)


def _listed(entry: str | list[str]) -> list[str]:
    return entry if isinstance(entry, list) else [entry]


_LABELS = sorted(
    {
        word
        for role in ("total", "not_total", "paid", "change", "rounding", "subtotal", "registered")
        for label in itertools.chain.from_iterable(map(_listed, WORDS[role]))
        for word in label.split()
        if len(word) >= LABEL_LETTERS
    }
)


def _label_word(match: re.Match[str]) -> str:
    """Return a word of a label with the one letter that was misread put right."""
    read = match[0]
    if read in _LABELS:
        return read
    alike = [word for word in _LABELS if len(word) == len(read) and _one_off(word, read)]
    return alike[0] if len(alike) == 1 else read


def _one_off(word: str, read: str) -> bool:
    other = [(a, b) for a, b in zip(word, read, strict=True) if a != b]
    return len(other) == 1 and (len(word) > LABEL_LETTERS or set(other[0]) <= set("il1t"))


def starts(row: ReceiptRow, words: Sequence[str]) -> str:
    """Return the longest of *words* that the row starts with, empty without one."""
    squeezed = row.plain.replace(" ", "")
    hits = [word for word in words if squeezed.startswith(word.replace(" ", ""))]
    return max(hits, key=len, default="")


def head_of(rows: Sequence[ReceiptRow]) -> tuple[FoundValue | None, FoundValue | None]:
    """Return name and address of the seller."""
    rows = [row for row in rows if sum(map(str.isalnum, row.text)) >= MIN_SIGNS]
    block = _block(rows)
    above = rows[: rows.index(block[0])] if block else rows[:HEAD_ROWS]
    if (
        block and not above and not re.search(r"[\d,]", block[0].text)
    ):  # a name with words of an address
        above, block = block[:1], block[1:]
    return _name(above), _address(block)


def _block(rows: Sequence[ReceiptRow]) -> list[ReceiptRow]:
    """Return the rows of the head that are most like an address, empty when none are."""
    runs: list[list[ReceiptRow]] = [[]]
    for number, row in enumerate(rows[:HEAD_ROWS]):
        branch = number and BRACKETED.fullmatch(row.text) and is_firm(_bare(rows[number - 1]))
        if number == 0 or branch or _ends_block(row):
            runs.append([])
        else:
            runs[-1].append(row)
    blocks = [_trimmed(run) for run in runs]
    sure = [block for block in blocks if _strength(block) >= SURE]
    return (sure or sorted(blocks, key=_strength, reverse=True))[0]


def _strength(block: Sequence[ReceiptRow]) -> int:
    return sum(map(_likeness, block))


def _ends_block(row: ReceiptRow) -> bool:
    number = NUMBERED.fullmatch(row.text) or AMOUNT.search(row.text)
    labelled = starts(row, WORDS["head_ends"]) or starts(row, WORDS["registered"])
    return bool(number or labelled or is_firm(_bare(row)))


def _trimmed(run: Sequence[ReceiptRow]) -> list[ReceiptRow]:
    """Return a run of rows from its first likely row to the last one that belongs to it."""
    first = next((i for i, row in enumerate(run) if _likeness(row) >= 1), len(run))
    rows = run[first : first + ADDRESS_ROWS]
    end = 0
    for number, row in enumerate(rows, start=1):
        goes_on = end == number - 1 and end and rows[end - 1].text.rstrip().endswith(",")
        if _likeness(row) >= 1 or goes_on:
            end = number
        elif number - end > MAX_GAP:
            break
    return list(rows[:end]) if _strength(rows[:end]) >= 2 else []


def _likeness(row: ReceiptRow) -> int:
    """Return how many signs of an address a row has."""
    streets, regions, marks = WORDS["address"]
    plain = f" {re.sub(r'[,/&-]+', ' ', row.plain)} "
    plain = " ".join(plain.split()).join("  ")
    signs = min(sum(f" {word} " in plain for word in streets), 2)
    signs += min(sum(f" {word} " in plain for word in regions), 2)
    signs += min(sum(mark in plain for mark in marks), 2)
    house = HOUSE.match(row.text)
    signs += 2 * bool(POSTCODE.search(row.text)) + (1 + house[0].endswith(",") if house else 0)
    begun = starts(row, WORDS["address_starts"])
    return signs + bool(begun and re.search(r"\d", row.text))


def _address(block: Sequence[ReceiptRow]) -> FoundValue | None:
    if not block:
        return None
    tokens = [token for row in block for token in row.tokens]
    text = " ".join(TELEPHONE.sub("", row.text) for row in block).strip()
    return found(re.sub(r"[^\W\d_]{3,}", _spelt, LETTER_IN_NUMBER.sub("0", text)), tokens)


def _folded(word: str) -> str:
    """Return a word without accents and with letters that are read for each other made one."""
    plain = unicodedata.normalize("NFKD", word.lower())
    return "".join(filter(str.isalpha, plain)).replace("i", "l")


_SPELT = {
    _folded(word): word
    for group in WORDS["address"][:2]
    for phrase in group
    for word in phrase.split()
}


def _spelt(match: re.Match[str]) -> str:
    """Return a word of an address as it is spelt, when only letters that look alike differ."""
    read = match[0]
    true: str = _SPELT.get(_folded(read), read.lower())
    if true == read.lower():
        return read
    return true.upper() if read.isupper() else true.title()


def _name(above: Sequence[ReceiptRow]) -> FoundValue | None:
    """Return the row that ends like a company, the last one, else the first with a name."""
    named = [row for row in above if sum(map(str.isalpha, row.text)) >= MIN_SIGNS]
    place = next((i for i, row in enumerate(named) if is_firm(_bare(row))), None)
    if place is None:
        free = [row for row in named if not starts(row, WORDS["head_ends"])]
        return found(_bare(free[0]), free[0].tokens) if free else None
    rows = [named[place]]
    if place and not _own_words(_bare(named[place])):  # the name began in the row above
        rows.insert(0, named[place - 1])
    if BRACKETED.fullmatch("".join(row.text for row in named[place + 1 : place + 2])):
        rows.append(named[place + 1])
    name = _repaired(" ".join(_bare(row) if len(rows) == 1 else row.text for row in rows))
    return found(name, [token for row in rows for token in row.tokens])


def _bare(row: ReceiptRow) -> str:
    """Return a row without the number of registration at its end and words that lead to a name."""
    led_by = "|".join(WORDS["led_by"])
    text = re.sub(rf"^(?:{led_by})\W+", "", row.text, flags=re.IGNORECASE)
    return REGISTRATION.sub("", text).strip(" -,:")


def is_firm(name: str) -> bool:
    """Return whether a row is, or ends with, words of a company's legal form or trade."""
    plain = " ".join(re.sub(r"[.()]", " ", name.lower()).split())
    return _legal_form(name) is not None or any(
        plain.endswith(word if is_cjk(word[0]) else f" {word}")
        or plain == word
        or (len(word) > 3 and f" {word} " in plain)
        for word in WORDS["company"]
    )


def _legal_form(name: str) -> tuple[str, str] | None:
    """Return the legal form that a name ends with, as it was read and as it is written."""
    for form in WORDS["legal"]:
        read = name[-len(form) :]
        if not re.search(r"(?:^|\W)$", name[: -len(form)]):
            continue
        seen = read.lower().translate(LOOK_ALIKE)
        if difflib.SequenceMatcher(None, seen, form.translate(LOOK_ALIKE)).ratio() >= ALIKE:
            return read, form
    return None


def _repaired(name: str) -> str:
    """Return a name with its legal form spelt right; only letters can have been misread there."""
    form = _legal_form(name)
    if form is None:
        return name
    read, true = form
    return name.removesuffix(read) + (true.upper() if read.isupper() else true.title())


def _own_words(name: str) -> list[str]:
    """Return the words of a name that any company could not have."""
    common = {word for words in WORDS["company"] for word in words.split()}
    return [word for word in re.findall(r"[^\W\d_]{2,}", name.lower()) if word not in common]
