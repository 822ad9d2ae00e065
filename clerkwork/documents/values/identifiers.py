"""Numbers that carry their own proof: tax numbers and bank accounts with check digits.

A check digit is evidence: of the readings with one wrong character it lets through one in ten at
most, of the Chinese ones one in thirty.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from clerkwork.documents.values.numerals import normal

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CREDIT_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z: they look like digits
CREDIT_WEIGHTS = [pow(3, place, 31) for place in range(17)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One number of a known form.

    Attributes:
        value: Without blanks and points, in capitals.
        form: Such as ``CN``, ``DE`` or ``IBAN``.
        proven: Whether its check digit fits; None where the form has none.
    """

    value: str
    form: str
    proven: bool | None


def _credit_code(text: str) -> bool:
    """Return whether the last character of a Chinese social credit code fits (GB 32100)."""
    if any(char not in CREDIT_CODE for char in text):
        return False
    pairs = zip(text[:17], CREDIT_WEIGHTS, strict=True)
    total = sum(CREDIT_CODE.index(char) * weight for char, weight in pairs)
    return CREDIT_CODE[-total % 31] == text[17]


def _iban(text: str) -> bool:
    return int("".join(str(ALPHABET.index(char)) for char in text[4:] + text[:4])) % 97 == 1


def _german(text: str) -> bool:
    product = 10
    for char in text[2:10]:
        product = ((int(char) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(text[10])


def _dutch(text: str) -> bool:
    digits = text[2:11]
    weighted = sum(int(char) * (9 - place) for place, char in enumerate(digits[:8]))
    by_letters = int("".join(str(ALPHABET.index(char)) for char in text))
    return weighted % 11 == int(digits[8]) or by_letters % 97 == 1  # the later of two rules


def _belgian(text: str) -> bool:
    return 97 - int(text[2:10]) % 97 == int(text[10:])


def _french(text: str) -> bool:
    return not text[2:4].isdigit() or (12 + 3 * (int(text[4:]) % 97)) % 97 == int(text[2:4])


def _luhn(text: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(text[2:])):
        value = int(char) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _british(text: str) -> bool:
    weighted = sum(int(char) * (8 - place) for place, char in enumerate(text[2:9]))
    rest = (weighted + int(text[9:11])) % 97
    return rest in {0, 42}  # 42: the numbers given out since 2010


def _indian(text: str) -> bool:
    total = 0
    for place, char in enumerate(text[:14]):
        product = ALPHABET.index(char) * (1 + place % 2)
        total += product // 36 + product % 36
    return ALPHABET[-total % 36] == text[14]


Check = Callable[[str], bool]
FORMS: list[tuple[str, str, Check | None]] = [
    ("CN", r"[159NY][1239]\d{6}[0-9A-HJ-NP-RTUW-Y]{10}", _credit_code),
    ("IN", r"\d{2}[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]", _indian),
    ("NL", r"NL\d{9}B\d{2}", _dutch),
    ("DE", r"DE\d{9}", _german),
    ("BE", r"BE[01]\d{9}", _belgian),
    ("FR", r"FR[0-9A-Z]{2}\d{9}", _french),
    ("IT", r"IT\d{11}", _luhn),
    ("GB", r"GB\d{9}", _british),
    ("ES", r"ES[A-Z]\d{7}[0-9A-Z]", None),
    ("IBAN", r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", _iban),
]


def parse_identifier(text: str) -> Identifier | None:
    """Return the tax number or bank account that *text* as a whole is, or None."""
    plain = re.sub(r"[\s.\-]", "", normal(text)).upper()
    for form, pattern, check in FORMS:
        if re.fullmatch(pattern, plain):
            return Identifier(value=plain, form=form, proven=check(plain) if check else None)
    return None
