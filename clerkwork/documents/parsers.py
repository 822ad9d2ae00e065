"""From text as it stands on a page to typed values: dates, amounts, currencies, codes.

A parser never repairs: text that does not fit is None or an empty list, and the caller says so.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

MONTHS = {
    name: number
    for number, names in enumerate(
        [
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ],
        start=1,
    )
    for name in names
}
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
DIGITS = {char: index for index, char in enumerate("〇一二三四五六七八九")} | {
    char: index for index, char in enumerate("零壹贰叁肆伍陆柒捌玖")
}
SCALES = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
YEAR_FIRST = re.compile(r"(\d{4})\s*[-年/.]\s*(\d{1,2})\s*[-月/.]\s*(\d{1,2})\s*日?")
YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})")
MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?\s*,?\s*(\d{4})")
DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]*([a-z]{3,9})\.?[\s,-]*(\d{4})")
CHINESE_DATE = re.compile(
    r"([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月(.{1,3})日"
)
NUMBER = re.compile(r"\d{1,3}(?:([,. '])\d{3})(?:\1\d{3})*(?:[.,]\d{1,4})?|\d+(?:[.,]\d{1,4})?")
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{2,39}")
CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9/_.-]{1,29}")
MONEY_WORDS = re.compile(
    r"^(?:[A-Z]{1,2}\$|[A-Z]{3}|RMB)?\s*[¥$€£₹]?\s*|\s*(?:[A-Z]{3}|[元¥$€£₹])?$"
)


def normal(text: str) -> str:
    """Return *text* with full-width characters made half-width and blanks collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("￥", "¥").split())


def parse_dates(text: str) -> list[date]:
    """Return the dates *text* can mean: none, one, or two when day and month may be swapped."""
    plain = normal(text).strip(" .,;:").lower()
    if match := YEAR_FIRST.fullmatch(plain):
        return _dates([(match[1], match[2], match[3])])
    if match := YEAR_LAST.fullmatch(plain):
        orders = [(match[4], match[3], match[1])]
        if match[2] != ".":  # a point is never written month first
            orders.append((match[4], match[1], match[3]))
        return _dates(orders)
    if match := MONTH_FIRST.fullmatch(plain):
        return _dates([(match[3], MONTHS.get(match[1], 0), match[2])])
    if match := DAY_FIRST.fullmatch(plain):
        return _dates([(match[3], MONTHS.get(match[2], 0), match[1])])
    if match := CHINESE_DATE.fullmatch(plain):
        year = "".join(str(DIGITS[char]) for char in match[1])
        return _dates([(year, chinese_integer(match[2]) or 0, chinese_integer(match[3]) or 0)])
    return []


def _dates(orders: list[tuple[str | int, str | int, str | int]]) -> list[date]:
    found: list[date] = []
    for year, month, day in orders:
        try:
            candidate = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if candidate not in found and 1990 <= candidate.year <= 2100:
            found.append(candidate)
    return found


def decimal_mark(texts: Iterable[str]) -> str:
    """Return the decimal mark, ``.`` or ``,``, that most numbers among *texts* are written with."""
    votes = {".": 0, ",": 0}
    for text in texts:
        if match := re.search(r"\d([.,])\d{2}\D*$", text):
            votes[match[1]] += 1
    return "," if votes[","] > votes["."] else "."


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


def parse_amount(text: str, mark: str = ".") -> Decimal | None:
    """Return the amount of money *text* is, without its currency, or None."""
    plain = normal(text)
    for _ in range(2):
        plain = MONEY_WORDS.sub("", plain)
    number = parse_number(plain.strip(), mark)
    return number if number is not None and number == round(number, 2) else None


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
        if re.search(r"(?<![A-Z])" + re.escape(sign), plain):
            return [*found, code]
    return found + [code for sign, code in CURRENCY_SIGNS.items() if sign in plain and sign != "元"]


def chinese_integer(text: str) -> int | None:
    """Return the number below 10^8 that Chinese numerals, plain or capital, write; or None."""
    total = section = digit = 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char in SCALES:
            section += (digit or 1) * SCALES[char]
            digit = 0
        elif char == "万":
            total += (section + digit) * 10000
            section = digit = 0
        else:
            return None
    return total + section + digit if text else None


def parse_chinese_amount(text: str) -> Decimal | None:
    """Return the amount that capital numerals write, such as ``壹佰元伍角整``, or None."""
    plain = re.sub(r"\s|^人民币|[整正]$", "", normal(text)).replace("圆", "元").replace("园", "元")
    match = re.fullmatch(r"(?:(.+)元)?零?(?:(.)角)?零?(?:(.)分)?", plain)
    if match is None or not plain:
        return None
    parts = [0 if part is None else chinese_integer(part) for part in match.groups()]
    if any(part is None for part in parts):
        return None
    whole, tenths, cents = (Decimal(part or 0) for part in parts)
    return whole + tenths / 10 + cents / 100
