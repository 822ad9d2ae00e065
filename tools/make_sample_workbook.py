"""Makes samples/orders/orders-2026-11.xlsx: 20 orders, of which 4 need a person.

PO-2026-1004 has the quantity "twelve", PO-2026-1011 has no date, PO-2026-1015 is over the limit of
50 000, PO-2026-1018 is from an unknown supplier, and PO-2026-1007 is in the file twice. The file is
reproducible byte for byte.
"""

import datetime as dt
import random
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

FILE = Path(__file__).parents[1] / "samples" / "orders" / "orders-2026-11.xlsx"
WRITTEN = dt.datetime(2026, 11, 2, 8, 0)  # noqa: DTZ001 - the format knows no zones
BAD_QUANTITY, NO_DATE = "PO-2026-1004", "PO-2026-1011"
TWICE, OVER_LIMIT, UNLISTED = "PO-2026-1007", "PO-2026-1015", "PO-2026-1018"
HEADER = (
    *("Order number / 订单号", "Line / 行号", "Order date / 订单日期", "Supplier / 供应商"),
    *("Currency / 币种", "Code / 物料编码", "Description / 品名", "Quantity / 数量"),
    *("Unit price / 单价", "Amount / 金额", "Tax / 税额", "Total / 合计"),
)
WIDTHS = (18, 9, 16, 36, 11, 14, 34, 12, 14, 14, 12, 14)
Part = tuple[str, str, str]

PAPER: list[Part] = [
    ("PAP-A4-80", "Copy paper A4 80 g, box of 5", "24.50"),
    ("PEN-BLU-10", "Ballpoint pens, blue, pack of 10", "3.20"),
    ("FLD-A4-25", "Suspension files A4, box of 25", "18.75"),
    ("TON-85A", "Toner cartridge, black", "62.00"),
]
PAPER_ZH: list[Part] = [
    ("BG-1001", "A4 复印纸 80 克 5 包装", "125.00"),
    ("BG-1002", "中性笔 黑色 12 支装", "18.60"),
    ("BG-1003", "档案盒 55 mm", "7.50"),
    ("BG-1004", "订书机 重型", "86.00"),
]
PARTS: list[Part] = [
    ("BRG-6204", "Deep groove ball bearing 6204-2RS", "6.40"),
    ("SEA-25-40", "Shaft seal 25x40x7", "2.15"),
    ("BLT-M8-30", "Hex bolt M8x30, stainless, pack of 100", "14.90"),
    ("VBL-A42", "V-belt A42", "9.80"),
]
PARTS_ZH: list[Part] = [
    ("ZC-6205", "深沟球轴承 6205", "38.50"),
    ("ZC-7008", "角接触轴承 7008C", "215.00"),
    ("MF-30-52", "骨架油封 30×52×8", "6.80"),
    ("RH-0.5", "润滑脂 0.5 kg", "42.00"),
]
ELECTRONICS: list[Part] = [
    ("DZ-USB-C1", "USB-C 数据线 1 m", "15.90"),
    ("DZ-PSU-65", "电源适配器 65 W", "129.00"),
    ("DZ-SSD-1T", "固态硬盘 1 TB", "468.00"),
]
PACKING: list[Part] = [
    ("PKG-BX-40", "Carton 400x300x300 mm, bundle of 20", "22.40"),
    ("PKG-TP-66", "Packing tape 48 mm x 66 m, box of 36", "31.50"),
    ("PKG-PAL-E", "Euro pallet, used", "9.25"),
]
SUPPLIERS: list[tuple[str, str, str, list[Part]]] = [
    ("Northgate Logistics Pte Ltd", "USD", "0", PACKING),
    ("Meridian Office Supply Ltd", "USD", "0", PAPER),
    ("Blue Harbour Trading GmbH", "EUR", "0.19", PARTS),
    ("Kestrel Industrial Parts Inc", "USD", "0", PARTS),
    ("Hangzhou Qiantang Paper Co Ltd", "CNY", "0.13", PAPER_ZH),
    ("上海申通办公用品有限公司", "CNY", "0.13", PAPER_ZH),
    ("苏州工业园区精工轴承有限公司", "CNY", "0.13", PARTS_ZH),
    ("深圳市南山电子有限公司", "CNY", "0.13", ELECTRONICS),
    ("北京华信文具有限公司", "CNY", "0.13", PAPER_ZH),
    ("Lakeside Packaging Ltd", "EUR", "0.19", PACKING),
]


def order_rows(index: int, chance: random.Random) -> list[list[Any]]:
    """Return the rows of the sheet for the order with this index."""
    number = f"PO-2026-{1001 + index}"
    supplier, currency, rate, parts = SUPPLIERS[index % len(SUPPLIERS)]
    day = dt.date(2026, 11, 2) + dt.timedelta(days=index)
    lines = []
    for code, text, price in chance.sample(parts, k=3 + index % (len(parts) - 2)):
        quantity = chance.randint(2, 60) * (40 if number == OVER_LIMIT else 1)
        lines.append((code, text, quantity, Decimal(price), quantity * Decimal(price)))
    net = sum((line[4] for line in lines), Decimal(0))
    tax = (net * Decimal(rate)).quantize(Decimal("0.01"))
    name = "Unlisted Traders LLC" if number == UNLISTED else supplier
    rows: list[list[Any]] = []
    for position, line in enumerate(lines, start=1):
        head: list[Any] = [number, position, day, name, currency]
        tail: list[Any] = [tax, net + tax]
        if index % 2 and position > 1:  # every second order has it on its first row only
            head[2:], tail = [None, None, None], [None, None]
        rows.append([*head, *line, *tail])
    if number == BAD_QUANTITY:
        rows[1][7] = "twelve"
    if number == NO_DATE:
        for row in rows:
            row[2] = None
    return rows


def make(file: Path) -> None:
    """Write the workbook to *file*."""
    chance = random.Random(2026)  # noqa: S311 - a fixed sample, no secret
    orders = [order_rows(index, chance) for index in range(20)]
    again = next(rows for rows in orders if rows[0][0] == TWICE)
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Orders 订单"
    sheet.append(HEADER)
    for rows in [*orders, again]:
        for row in rows:
            sheet.append(row)
    _dress(sheet)
    book.properties.creator = "Clerkwork"
    book.properties.created = book.properties.modified = WRITTEN
    file.parent.mkdir(parents=True, exist_ok=True)
    book.save(file)
    _fix_times(file)


def _dress(sheet: Any) -> None:
    sheet.freeze_panes = "A2"
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E78")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for row in sheet.iter_rows(min_row=2):
        row[2].number_format = "yyyy-mm-dd"
        for cell in row[8:]:
            cell.number_format = "#,##0.00"


def _fix_times(file: Path) -> None:
    """Repack the file with one fixed time, because the library writes the current time."""
    with zipfile.ZipFile(file) as archive:
        parts = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            if name == "docProps/core.xml":
                start, _, rest = data.partition(b'<dcterms:modified xsi:type="dcterms:W3CDTF">')
                fixed = WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                mark = b'<dcterms:modified xsi:type="dcterms:W3CDTF">'
                data = start + mark + fixed + rest[rest.index(b"<") :]  # noqa: PLW2901 - one part
            entry = zipfile.ZipInfo(name, WRITTEN.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
