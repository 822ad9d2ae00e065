"""Characters before parsers see them: half width, single blanks, and Chinese numerals.

Numerals are understood in their plain, capital and traditional forms, up to trillions.
"""

import re
import unicodedata
from decimal import Decimal

CHINESE_DIGITS = {
    char: digit
    for row in (
        "〇一二三四五六七八九",
        "零壹贰叁肆伍陆柒捌玖",
        "零壹貳參肆伍陸柒捌玖",
        "零壹貮叄肆伍陸柒捌玖",
    )
    for digit, char in enumerate(row)
} | {"两": 2}
SCALES = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_YUAN = str.maketrans("圆園园圓元", "元元元元元")
_AMOUNT = re.compile(r"(?:(.+)元)?零?(?:(.)角)?零?(?:(.)分)?")


def normal(text: str) -> str:
    """Return *text* with full-width characters made half-width and blanks collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("￥", "¥").split())


def chinese_integer(text: str) -> int | None:
    """Return the number that Chinese numerals, plain or capital, write; None when they do not."""
    total = section = digit = 0
    for char in text:
        if char in CHINESE_DIGITS:
            digit = CHINESE_DIGITS[char]
        elif char in SCALES:
            section += (digit or 1) * SCALES[char]
            digit = 0
        elif char in "万萬":
            total += (section + digit) * 10**4
            section = digit = 0
        elif char in "亿億":
            total = (total + section + digit) * 10**8
            section = digit = 0
        else:
            return None
    return total + section + digit if text else None


def parse_chinese_amount(text: str) -> Decimal | None:
    """Return the amount that capital numerals write, such as ``壹佰元伍角整``, or None."""
    plain = re.sub(r"\s|^人民币[:：]?|[整正]$", "", normal(text)).translate(_YUAN)
    match = _AMOUNT.fullmatch(plain)
    if match is None or not plain:
        return None
    parts = [0 if part is None else chinese_integer(part) for part in match.groups()]
    if any(part is None for part in parts):
        return None
    whole, tenths, cents = (Decimal(part or 0) for part in parts)
    return whole + tenths / 10 + cents / 100
