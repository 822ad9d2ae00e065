"""When two texts are the same number.

Codes are made of digits as well: 0123 is another code than 123, while 12.50 is the amount 12.5.
"""

import re
from decimal import Decimal

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def equal_numbers(one: str, other: str) -> bool:
    """Return whether both texts are plain decimal numbers, without leading zeros, of one value."""
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return Decimal(one) == Decimal(other)
    return False
