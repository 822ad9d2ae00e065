"""Compares texts as numbers.

Codes consist of digits too: 0123 and 123 are different codes, but 12.50 and 12.5 are the same
amount.
"""

import re
from decimal import Decimal

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def equal_numbers(one: str, other: str) -> bool:
    """Return whether both texts are equal decimal numbers, written without leading zeros."""
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return Decimal(one) == Decimal(other)
    return False
