"""Turns cells into the text of values: numbers, dates and titles of columns."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from clerkwork.intake.spreadsheet.rows import NOT_A_DATE, NOT_A_NUMBER, CellProblem

TITLES: dict[str, tuple[str, ...]] = {
    "number": (
        *("order number", "order no", "po number", "po no", "purchase order", "order"),
        *("订单号", "订单编号", "采购订单号", "采购单号", "单号"),
    ),
    "line": ("line", "line no", "line number", "行号", "行", "序号"),
    "order_date": ("order date", "date", "po date", "订单日期", "下单日期", "日期"),
    "supplier": ("supplier", "supplier name", "vendor", "供应商", "供应商名称", "供货商"),
    "currency": ("currency", "币种", "货币", "币别"),
    "code": (
        *("code", "item code", "material code", "part number", "sku"),
        *("物料编码", "物料号", "编码", "料号"),
    ),
    "description": ("description", "item description", "item", "品名", "名称", "描述", "品名规格"),
    "quantity": ("quantity", "qty", "数量"),
    "unit_price": ("unit price", "price", "单价"),
    "amount": ("amount", "line amount", "line total", "金额", "行金额"),
    "tax": ("tax", "vat", "税额", "税"),
    "total": ("total", "order total", "grand total", "合计", "总计", "总金额", "订单总额"),
}
OPTIONAL = frozenset({"line", "tax"})
OF_THE_ORDER = ("order_date", "supplier", "currency", "tax", "total")
OF_A_LINE = ("code", "description", "quantity", "unit_price", "amount")
NUMBERS = frozenset({"quantity", "unit_price", "amount", "tax", "total"})
WORDS = frozenset({"supplier", "description"})  # full-width brackets are part of a name
PLAIN_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?( 00:00:00)?")
LONGEST_NUMBER = 40


class Cell(NamedTuple):
    """A cell as text, and what is wrong with it."""

    text: str
    fault: CellProblem | None = None


def _squeezed(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", folded)


_FIELDS = {_squeezed(title): field for field, titles in TITLES.items() for title in titles}


def field_of(title: Any) -> str | None:
    """Return the field that a column's title names in English, Chinese or both, or None."""
    if not isinstance(title, str):
        return None
    for part in (title, *re.split(r"[/|\n(（]", title)):
        if field := _FIELDS.get(_squeezed(part)):
            return field
    return None


def cell_of(field: str, value: Any) -> Cell:
    """Return the text of *value* as a value of the column of *field*."""
    text = as_text(value)
    if not text or field in WORDS:
        return Cell(text)
    text = unicodedata.normalize("NFKC", text)  # full-width digits are digits
    if field in NUMBERS:
        return _number(value, text)
    if field == "order_date":
        return _date(value, text)
    return Cell(text.upper() if field == "currency" else text)


def as_text(value: Any) -> str:
    """Return *value* as text in one line; a whole number has no decimal point."""
    if value is None:
        return ""
    if isinstance(value, float):
        value = _rounded(value)
    return " ".join(str(value).split())


def _rounded(value: float) -> str:
    """Return *value* with the 15 digits that a spreadsheet shows, so that 1.0499999999999998 ends.

    Without it a computed cell would have more decimal places than anybody wrote.
    """
    text = format(Decimal(format(value, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: Any, text: str) -> Cell:
    if isinstance(value, bool) or len(text) > LONGEST_NUMBER or not PLAIN_NUMBER.fullmatch(text):
        return Cell(text, NOT_A_NUMBER)
    try:
        return Cell(str(Decimal(text.replace(",", ""))))
    except InvalidOperation:
        return Cell(text, NOT_A_NUMBER)


def _date(value: Any, text: str) -> Cell:
    if isinstance(value, datetime):
        return Cell(value.date().isoformat())
    if isinstance(value, date):
        return Cell(value.isoformat())
    match = DATE.fullmatch(text)
    try:
        if isinstance(value, str) and match:
            return Cell(date(int(match[1]), int(match[2]), int(match[3])).isoformat())
    except ValueError:
        pass  # a date such as 2026-02-30, reported below
    return Cell(text, NOT_A_DATE)
