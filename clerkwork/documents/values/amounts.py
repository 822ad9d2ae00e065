"""Parsers of amounts, currencies and codes from the text on a page.

A parser never repairs: text that does not fit is None or an empty list, and the caller says so.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from clerkwork.documents.values.numerals import normal

CURRENCY_SIGNS = {"¥": "CNY", "元": "CNY", "$": "USD", "€": "EUR", "£": "GBP", "₹": "INR"}
CURRENCY_PREFIXES = {"HK$": "HKD", "S$": "SGD", "A$": "AUD", "C$": "CAD", "US$": "USD"}
CURRENCY_NAMES = {
    "人民币": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "英镑": "GBP",
    "港币": "HKD",
    "日元": "JPY",
    "rmb": "CNY",
}
CURRENCY_CODES = frozenset(
    [
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "CNY",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "INR",
        "JPY",
        "KRW",
        "MXN",
        "MYR",
        "NOK",
        "NZD",
        "PLN",
        "SEK",
        "SGD",
        "THB",
        "TWD",
        "USD",
        "ZAR",
    ]
)
KNOWN = 4000  # readings whose numbers are kept: a table asks for those of its cells many times
NUMBER = re.compile(r"\d{1,3}(?:([,. '])\d{3})(?:\1\d{3})*(?:[.,]\d{1,4})?|\d+(?:[.,]\d{1,4})?")
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{2,39}")
CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9/_.-]{1,29}")
MONEY_WORDS = re.compile(
    r"^(?:[A-Z]{1,2}\$|[A-Z]{3}|RMB)?\s*[¥$€£₹]?\s*|\s*(?:[A-Z]{3}|[元¥$€£₹])?$"
)


def decimal_mark(texts: Iterable[str]) -> str:
    """Return the decimal mark, ``.`` or ``,``, that most numbers among *texts* are written with."""
    votes = {".": 0, ",": 0}
    for text in texts:
        if match := re.search(r"\d([.,])\d{2}\D*$", text):
            votes[match[1]] += 1
    return "," if votes[","] > votes["."] else "."


@lru_cache(maxsize=KNOWN)
def parse_number(text: str, mark: str = ".") -> Decimal | None:
    """Return the number *text* is, or None; *mark* is the document's decimal mark."""
    plain = normal(text)
    match = NUMBER.fullmatch(plain)
    if match is None:
        return None
    group = "," if mark == "." else "."
    digits = plain.replace(" ", "").replace("'", "")
    if group in digits:
        whole = digits.partition(mark)[0]
        if not re.fullmatch(r"\d{1,3}(?:" + re.escape(group) + r"\d{3})+", whole):
            return None
    digits = digits.replace(group, "").replace(mark, ".")
    return Decimal(digits) if digits.count(".") <= 1 else None


@lru_cache(maxsize=KNOWN)
def parse_amount(text: str, mark: str = ".") -> Decimal | None:
    """Return the amount of money *text* is, without its currency, or None."""
    plain = normal(text)
    for _ in range(2):
        plain = MONEY_WORDS.sub("", plain)
    number = parse_number(plain.strip(), mark)
    return number if number is not None and number == round(number, 2) else None


@lru_cache(maxsize=KNOWN)
def parse_quantity(text: str, mark: str = ".") -> Decimal | None:
    """Return the quantity *text* is; a unit after it is left out."""
    plain = re.sub(
        r"(?<=\d)\s*(?:[a-z]{1,6}\.?|[\u4e00-\u9fff]{1,2})$", "", normal(text), flags=re.IGNORECASE
    )
    number = parse_number(plain, mark)
    return number or None


def parse_reference(text: str) -> str | None:
    """Return *text* if it can be an order number: letters and digits, at least one digit."""
    plain = normal(text).replace("–", "-").strip(" .,;:#")
    good = REFERENCE.fullmatch(plain) and any(char.isdigit() for char in plain)
    return plain if good else None


def parse_code(text: str) -> str | None:
    """Return *text* if it can be an item code."""
    plain = normal(text).strip(" |,;:")
    return plain if CODE.fullmatch(plain) else None


def shape(text: str) -> str:
    """Return how *text* is built: ``A`` for each letter, ``9`` for each digit, the rest as is."""
    return "".join("9" if char.isdigit() else "A" if char.isalpha() else char for char in text)


def currencies_in(text: str) -> list[str]:
    """Return every currency that *text* names by code, name or sign, in that order of strength."""
    plain = normal(text)
    found = [code for code in re.findall(r"\b[A-Z]{3}\b", plain) if code in CURRENCY_CODES]
    found += [code for name, code in CURRENCY_NAMES.items() if name in plain.lower()]
    for sign, code in CURRENCY_PREFIXES.items():
        if sign in plain and re.search(r"(?<![A-Z])" + re.escape(sign), plain):
            return [*found, code]
    return found + [code for sign, code in CURRENCY_SIGNS.items() if sign in plain and sign != "元"]
