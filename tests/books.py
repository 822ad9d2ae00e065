"""Small workbooks of orders, made in memory for the tests of intake."""

import io
from datetime import date
from typing import Any

from openpyxl import Workbook

ENGLISH = (
    *("Order number", "Line", "Order date", "Supplier", "Currency", "Code", "Description"),
    *("Quantity", "Unit price", "Amount", "Tax", "Total"),
)
CHINESE = (
    *("订单号", "行号", "订单日期", "供应商", "币种", "物料编码", "品名"),
    *("数量", "单价", "金额", "税额", "合计"),
)


def line(number: str | None, position: int | None = 1, **changes: Any) -> list[Any]:
    """Return one row of an order over 10.00, with *changes* by the English title's first word."""
    row = {
        "order": number,
        "line": position,
        "date": date(2026, 11, 2),
        "supplier": "Meridian Office Supply Ltd",
        "currency": "USD",
        "code": f"C-{position}",
        "description": "Paper",
        "quantity": 2,
        "price": 2.5,
        "amount": 5,
        "tax": 0,
        "total": 10,
    }
    return list((row | changes).values())


def order(number: str, **changes: Any) -> list[list[Any]]:
    """Return the two rows of an order whose sums add up; *changes* are made in the first row."""
    return [line(number, 1, **changes), line(number, 2)]


def book(
    *rows: list[Any],
    header: tuple[Any, ...] = ENGLISH,
    title: str = "Orders",
    more: dict[str, list[list[Any]]] | None = None,
) -> bytes:
    """Return an xlsx file with one sheet of orders; *more* sheets stand behind it."""
    made = Workbook()
    sheet: Any = made.active
    sheet.title = title
    for row in [header, *rows]:
        sheet.append(row)
    for name, others in (more or {}).items():
        other: Any = made.create_sheet(name)
        for row in others:
            other.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()
