"""Make the sample documents in `samples/documents/`: digital ones by Chromium, scans by Pillow.

Usage: ``python tools/make_sample_documents.py [FOLDER]``. Needs a Chromium and Noto CJK fonts.
All names and numbers are invented. The same seed gives the same scans; a PDF differs only in its
dates.
"""

import html
import io
import json
import random
import shutil
import sys
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent.parent / "samples" / "documents"
BUYER = {"en": "Willowbrook Instruments Ltd", "zh": "杭州临江仪器有限公司"}
ADDRESS = {"en": "17 Tannery Road, Bristol BS2 8QN", "zh": "浙江省杭州市滨江区江陵路88号"}
SIGN = {"CNY": "¥", "USD": "$", "EUR": "€"}
STYLE = """
@page { size: A4; margin: 16mm 15mm; }
body { font: 11pt/1.45 "Noto Sans CJK SC", "DejaVu Sans", sans-serif; color: #111; margin: 0; }
h1 { font-size: 20pt; margin: 0 0 6mm; letter-spacing: .04em; }
table { border-collapse: collapse; width: 100%; }
td, th { padding: 1.6mm 2.4mm; text-align: left; vertical-align: top; }
.n { text-align: right; }
.head { display: flex; justify-content: space-between; margin-bottom: 8mm; }
.ruled td, .ruled th { border: .3mm solid #444; }
.lined th { border-bottom: .5mm solid #111; } .lined td { border-bottom: .2mm solid #bbb; }
.band th { background: #e4e9f0; }
.sums { width: 45%; margin: 6mm 0 0 auto; }
.small { font-size: 9.5pt; color: #333; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample: its content, its layout and the damage to its scan.

    Attributes:
        name: The file's name; ``.pdf`` stays digital.
        words: ``en`` or ``zh``.
        layout: ``letter``, ``grid`` or ``band``.
        scan: Degrees of rotation, strength of the noise, radius of the blur, dots per inch.
        shift: Added to the printed total, so that it does not add up.
    """

    name: str
    words: str
    kind: str
    layout: str
    number: str
    day: tuple[str, str]
    supplier: str
    currency: str
    rate: str
    lines: tuple[tuple[str, str, int, str], ...]
    scan: tuple[float, float, float, int] | None = None
    shift: str = "0"


TEXTS = {
    ("en", "po"): [
        "PURCHASE ORDER",
        "PO Number",
        "Order Date",
        "Supplier",
        "Deliver To",
        "Order Total",
    ],
    ("en", "invoice"): ["INVOICE", "Invoice No.", "Invoice Date", "From", "Bill To", "Total Due"],
    ("zh", "po"): ["采购订单", "订单编号", "下单日期", "供应商", "采购方", "价税合计"],
    ("zh", "invoice"): ["销售发票", "发票号码", "开票日期", "销售方", "购买方", "价税合计"],
}
COLUMNS = {
    "en": ["Item Code", "Description", "Qty", "Unit Price", "Amount"],
    "zh": ["物料编码", "品名规格", "数量", "单价", "金额"],
}
SUMS = {"en": ["Subtotal", "Tax"], "zh": ["小计", "税额"]}

SAMPLES = (
    Sample(
        name="po-3001-northgate.pdf",
        words="en",
        kind="po",
        layout="letter",
        number="PO-2026-3001",
        day=("2026-03-09", "March 9, 2026"),
        supplier="Northgate Logistics Pte Ltd",
        currency="USD",
        rate="0.07",
        lines=(
            ("M49497", "Pallet wrap 500 mm", 24, "18.40"),
            ("M49512", "Transport crate with lid, 60 litres, stackable, blue", 40, "31.25"),
            ("K77380", "Strapping tape", 120, "2.95"),
        ),
    ),
    Sample(
        name="po-3002-qiantang.pdf",
        words="zh",
        kind="po",
        layout="grid",
        number="PO-2026-3002",
        day=("2026-03-12", "2026年3月12日"),
        supplier="Hangzhou Qiantang Paper Co Ltd",
        currency="CNY",
        rate="0.13",
        lines=(
            ("A40080", "复印纸 A4 80克", 200, "22.50"),
            ("A30080", "复印纸 A3 80克", 60, "46.80"),
            ("K10215", "牛皮纸信封", 500, "0.85"),
        ),
    ),
    Sample(
        name="invoice-3003-blueharbour.pdf",
        words="en",
        kind="invoice",
        layout="band",
        number="PO-2026-3003",
        day=("2026-03-17", "17 March 2026"),
        supplier="Blue Harbour Trading GmbH",
        currency="EUR",
        rate="0.19",
        lines=(
            ("B93686", "Corrugated box 40x30", 300, "1.12"),
            ("B93702", "Desk lamp LED", 25, "38.90"),
        ),
    ),
    Sample(
        name="scan-3004-kestrel.jpg",
        words="en",
        kind="po",
        layout="letter",
        number="PO-2026-3004",
        day=("2026-03-20", "2026-03-20"),
        supplier="Kestrel Industrial Parts Inc",
        currency="USD",
        rate="0.08",
        scan=(0.8, 5, 0.4, 200),
        lines=(
            ("K31107", "Bearing housing", 12, "145.60"),
            ("K31145", "Stainless bolt set", 85, "9.35"),
            ("K31208", "Drive belt 1200", 30, "27.75"),
        ),
    ),
    Sample(
        name="scan-3005-huaxin.png",
        words="zh",
        kind="invoice",
        layout="band",
        number="PO-2026-3005",
        day=("2026-03-24", "2026年03月24日"),
        supplier="北京华信文具有限公司",
        currency="CNY",
        rate="0.06",
        scan=(-0.6, 2, 0.2, 220),
        lines=(
            ("W20116", "中性笔", 480, "1.90"),
            ("W20131", "订书机", 150, "4.60"),
            ("W20158", "白板", 6, "219.00"),
        ),
    ),
    Sample(
        name="scan-3006-meridian.jpg",
        words="en",
        kind="invoice",
        layout="grid",
        number="PO-2026-3006",
        day=("2026-03-26", "March 26, 2026"),
        supplier="Meridian Office Supply Ltd",
        currency="USD",
        rate="0.05",
        scan=(1.4, 6, 0.5, 220),
        lines=(
            ("M50021", "Ergonomic chair", 8, "289.00"),
            ("M50034", "Standing desk", 4, "612.50"),
            ("M50077", "Monitor arm", 16, "74.20"),
        ),
    ),
    Sample(
        name="hard-3007-nanshan.jpg",
        words="zh",
        kind="po",
        layout="grid",
        number="PO-2026-3007",
        day=("2026-03-30", "2026年3月30日"),
        supplier="深圳市南山电子有限公司",
        currency="CNY",
        rate="0.13",
        scan=(2.6, 30, 1.2, 130),
        lines=(
            ("D88746", "激光测距仪", 15, "486.00"),
            ("D88759", "网络交换机 24口", 4, "1350.00"),
            ("D88790", "数据线", 200, "12.40"),
        ),
    ),
    Sample(
        name="hard-3008-lakeside.pdf",
        words="en",
        kind="invoice",
        layout="letter",
        number="PO-2026-3008",
        day=("2026-04-02", "2 April 2026"),
        supplier="Lakeside Packaging Ltd",
        currency="EUR",
        rate="0.20",
        shift="54.00",
        lines=(
            ("L15001", "Bubble wrap roll", 40, "16.80"),
            ("L15019", "Packing tape, brown", 360, "1.45"),
        ),
    ),
)


def main() -> None:
    """Write the samples and the true orders."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        for sample in SAMPLES:
            make(sample, page, folder)
        browser.close()
    orders = {sample.name: order_of(sample) for sample in SAMPLES}
    text = json.dumps(orders, ensure_ascii=False, indent=1) + "\n"
    (folder / "expected.json").write_text(text, "utf-8")


def make(sample: Sample, page: Page, folder: Path) -> None:
    """Write one sample."""
    page.set_content(html_of(sample))
    data = page.pdf(prefer_css_page_size=True, print_background=True)
    target = folder / sample.name
    if sample.scan is None:
        target.write_bytes(data)
        return
    scan(data, sample.scan, random.Random(sample.number), target)  # noqa: S311 - seeded noise, no secret


def order_of(sample: Sample) -> dict[str, Any]:
    """Return the true order as JSON data."""
    lines = [
        {
            "code": code,
            "description": description,
            "quantity": str(quantity),
            "unit_price": price,
            "amount": f"{quantity * Decimal(price):.2f}",
        }
        for code, description, quantity, price in sample.lines
    ]
    net = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    tax = (net * Decimal(sample.rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "number": sample.number,
        "order_date": sample.day[0],
        "supplier": sample.supplier,
        "currency": sample.currency,
        "lines": lines,
        "tax": f"{tax:.2f}",
        "total": f"{net + tax:.2f}",
    }


def html_of(sample: Sample) -> str:
    """Return the page that is printed."""
    order = order_of(sample)
    title, number, day, supplier, buyer, total = TEXTS[sample.words, sample.kind]
    fields = [(number, sample.number), (day, sample.day[1])]
    parties = [(supplier, sample.supplier), (buyer, BUYER[sample.words])]
    shown = f"{Decimal(order['total']) + Decimal(sample.shift):,.2f}"
    net = sum((Decimal(line["amount"]) for line in order["lines"]), Decimal(0))
    rate = f"{Decimal(sample.rate) * 100:.0f}%"
    subtotal, tax = SUMS[sample.words]
    sums = [(subtotal, f"{net:,.2f}"), (f"{tax} ({rate})", order["tax"]), (total, shown)]
    sign = SIGN[sample.currency]
    body = HEADS[sample.layout](title, fields, parties, ADDRESS[sample.words])
    body += _table(sample, order)
    body += '<table class="sums">'
    body += "".join(
        f'<tr><td>{label}</td><td class="n">{sign}{_thousands(value)}</td></tr>'
        for label, value in sums
    )
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}</table>"


def _thousands(value: str) -> str:
    return f"{Decimal(value.replace(',', '')):,.2f}"


Pairs = list[tuple[str, str]]


def _letter(title: str, fields: Pairs, parties: Pairs, address: str) -> str:
    blocks = "".join(
        f"<div><b>{label}</b><br>{html.escape(value)}</div>" for label, value in parties
    )
    numbers = "<br>".join(f"{label}: {value}" for label, value in fields)
    return (
        f'<div class="head"><h1>{title}</h1><div>{numbers}</div></div>'
        f'<div class="head">{blocks}</div><p class="small">{address}</p>'
    )


def _grid(title: str, fields: Pairs, parties: Pairs, address: str) -> str:
    rows = "".join(
        f"<tr><td>{label}</td><td>{value}</td><td>{name}</td><td>{html.escape(party)}</td></tr>"
        for (label, value), (name, party) in zip(fields, parties, strict=True)
    )
    return f'<h1>{title}</h1><table class="ruled">{rows}</table><p class="small">{address}</p>'


def _band(title: str, fields: Pairs, parties: Pairs, address: str) -> str:
    left = "<br>".join(f"{label}: {html.escape(value)}" for label, value in parties)
    right = "<br>".join(f"{label}: {value}" for label, value in fields)
    return (
        f'<h1 style="text-align:center">{title}</h1>'
        f'<div class="head"><div>{left}<br><span class="small">{address}</span></div>'
        f"<div>{right}</div></div>"
    )


HEADS = {"letter": _letter, "grid": _grid, "band": _band}
TABLES = {"letter": "lined", "grid": "ruled", "band": "lined band"}


def _table(sample: Sample, order: dict[str, Any]) -> str:
    names = COLUMNS[sample.words]
    head = "".join(f"<th{' class=n' if i > 1 else ''}>{name}</th>" for i, name in enumerate(names))
    rows = "".join(
        f"<tr><td>{line['code']}</td><td>{html.escape(line['description'])}</td>"
        f"<td class=n>{line['quantity']}</td><td class=n>{_thousands(line['unit_price'])}</td>"
        f"<td class=n>{_thousands(line['amount'])}</td></tr>"
        for line in order["lines"]
    )
    return f'<br><table class="{TABLES[sample.layout]}"><tr>{head}</tr>{rows}</table>'


def scan(
    data: bytes, how: tuple[float, float, float, int], dice: random.Random, target: Path
) -> None:
    """Write the first page of a PDF as a scanner would produce it."""
    page = scanned(data, 0, how, dice)
    noisy, dpi = how[1] > 20, how[3]
    buffer = io.BytesIO()
    if target.suffix == ".png":
        page.quantize(12).save(buffer, "PNG", optimize=True)
    else:
        page.save(buffer, "JPEG", quality=45 if noisy else 70, dpi=(dpi, dpi))
    target.write_bytes(buffer.getvalue())


def scanned(
    data: bytes, number: int, how: tuple[float, float, float, int], dice: random.Random
) -> Image.Image:
    """Return a page of a PDF as a scanner would produce it; *how* is ``Sample.scan``."""
    angle, noise, blur, dpi = how
    document = pdfium.PdfDocument(data)
    page: Image.Image = document[number].render(scale=dpi / 72).to_pil().convert("L")
    document.close()
    page = page.rotate(angle, Image.Resampling.BICUBIC, fillcolor=250)
    page = page.filter(ImageFilter.GaussianBlur(blur))
    grain = Image.frombytes("L", page.size, dice.randbytes(page.width * page.height))
    grain = grain.point([round(128 + (value - 128) / 128 * noise) for value in range(256)])
    page = ImageChops.add(page, grain, offset=-128)
    page = page.point([min(round(value * 0.94 + 4), 255) for value in range(256)])
    if noise > 20:
        _stain(page, dice)
    return page


def _stain(page: Image.Image, dice: random.Random) -> None:
    """Darken a corner and draw some scratches, as a bad copier does."""
    draw = ImageDraw.Draw(page)
    for _ in range(14):
        x, y = dice.randrange(page.width), dice.randrange(page.height // 2)
        draw.line(
            (x, y, x + dice.randrange(-90, 90), y + dice.randrange(-20, 20)), fill=90, width=2
        )


if __name__ == "__main__":
    main()
