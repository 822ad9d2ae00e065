"""Make orders and invoices that are hard to read: rotated, skewed, several pages, partly images.

Usage: ``python tools/make_hard_documents.py FOLDER [--each N]``. Writes the documents, a digital or
a scanned one of each kind and language, and ``expected.json`` with the true values of each. Needs a
Chromium and Noto CJK fonts. All names and numbers are invented and depend on the seed only.
"""

import argparse
import base64
import html
import io
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pypdfium2 as pdfium
from make_sample_documents import (
    ADDRESS,
    BUYER,
    COLUMNS,
    SIGN,
    STYLE,
    SUMS,
    TEXTS,
    Sample,
    order_of,
    scanned,
)
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from scramble_pdf import scrambled

FIRST = {
    "en": ["Northgate", "Kestrel", "Meridian", "Lakeside", "Harrow", "Copperfield", "Stonebridge"],
    "zh": ["杭州钱塘", "北京华信", "苏州吴门", "广州白云", "成都锦江", "武汉东湖", "宁波甬江"],
}
LAST = {
    "en": ["Logistics Pte Ltd", "Industrial Parts Inc", "Office Supply Ltd", "Trading GmbH"],
    "zh": ["文具有限公司", "电子有限公司", "机械设备有限公司", "包装材料有限公司"],
}
GOODS = {
    "en": [
        ("Pallet wrap", "500 mm, clear, 23 micron"),
        ("Transport crate with lid", "60 litres, stackable"),
        ("Bearing housing", "cast iron, two bolts"),
        ("Ergonomic chair", "mesh back, height adjustable"),
        ("Stainless bolt set", "M8 by 40, box of 100"),
        ("Desk lamp", "LED, dimmable, black"),
    ],
    "zh": [
        ("复印纸", "A4 80克 每箱五包"),
        ("激光测距仪", "量程四十米 带背光"),
        ("网络交换机", "24口 千兆 机架式"),
        ("牛皮纸信封", "加厚 带封口"),
        ("办公椅", "网布 可升降"),
        ("订书机", "重型 可订一百页"),
    ],
}
CARRIED = {
    "en": ("Carried forward", "Brought forward", "Page {} of {}"),
    "zh": ("转下页", "承前页", "第 {} 页 共 {} 页"),
}
TERMS = {
    "en": "Delivery is free to our dock on working days. Goods that were not ordered go back at "
    "the cost of the sender. Each parcel has to bear our number. Partial deliveries need our "
    "consent. "
    "Claims may be made within thirty days of receipt of the goods. ",
    "zh": "货物须在工作日送达我方仓库。未经订购的货物由发货人承担退货费用。每件包裹须注明我方编号。"
    "分批交货须经我方同意。收货后三十日内可提出异议。",
}
MORE_STYLE = """
.side { display: flex; gap: 9mm; } .side > :first-child { flex: 3; } .side > p { flex: 1; }
.page + .page { break-before: page; }
.box { border: .2mm solid #666; padding: 1mm 2mm; width: 44mm; }
.box small { font-size: 7.5pt; display: block; }
.narrow td:nth-child(2) { width: 34mm; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of document that is hard to read.

    Attributes:
        name: Part of the file's name.
        page: Returns the HTML of a sample.
        angles: Counter-clockwise rotation of its scans in degrees; empty for no scans.
        digital: Changes the PDF, given the page; None for no digital document.
    """

    name: str
    page: Callable[[Sample], str]
    angles: tuple[float, ...] = ()
    digital: Callable[[bytes, Page, Sample], bytes] | None = None


def main() -> None:
    """Write the documents and their true values."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--each", type=int, default=1, help="documents of each kind and language")
    given = options.parse_args()
    make_all(given.folder, given.each)


def make_all(folder: Path, each: int) -> None:
    """Write *each* documents of every kind and language, and their true values."""
    fonts = shutil.which("fc-list")
    if fonts is None or not subprocess.check_output([fonts, ":lang=zh-cn"]):
        sys.exit("No font has Chinese characters; install fontconfig and fonts-noto-cjk.")
    folder.mkdir(parents=True, exist_ok=True)
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    expected = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 680, "height": 960}, device_scale_factor=2)
        for number, (kind, words) in enumerate(
            (kind, words) for kind in KINDS for words in ("en", "zh") for _ in range(each)
        ):
            sample = sample_of(words, number)
            for file in _make(kind, sample, page, folder):
                expected[file] = order_of(sample)
        browser.close()
    text = json.dumps(expected, ensure_ascii=False, indent=1) + "\n"
    (folder / "expected.json").write_text(text, "utf-8")


def sample_of(words: str, number: int) -> Sample:
    """Return an order or an invoice in a language; the same number gives the same one."""
    dice = random.Random(f"{words}{number}")  # noqa: S311 - invented orders, no secret
    goods = dice.sample(GOODS[words], 4)
    day = dice.randint(13, 28)
    shown = {"en": f"{day} March 2026", "zh": f"2026年3月{day}日"}
    lines = tuple(
        (
            f"{dice.choice('BDKMW')}{dice.randint(10000, 99999)}",
            f"{name} {more}",
            dice.randint(2, 400),
            f"{dice.randint(100, 90000) / 100:.2f}",
        )
        for name, more in goods
    )
    return Sample(
        name=f"{number:03}-{words}",
        words=words,
        kind=dice.choice(("po", "invoice")),
        layout="band",
        number=f"{dice.choice(('PO', 'CG', 'HT'))}-2026-{dice.randint(3000, 9999)}",
        day=(f"2026-03-{day}", shown[words]),
        supplier=f"{dice.choice(FIRST[words])}{' ' * (words == 'en')}{dice.choice(LAST[words])}",
        currency="CNY" if words == "zh" else dice.choice(("USD", "EUR")),
        rate=dice.choice(("0.06", "0.13", "0.19")),
        lines=lines,
    )


def _make(kind: Kind, sample: Sample, page: Page, folder: Path) -> Iterator[str]:
    """Write a digital document and one scan for each angle, and yield their names."""
    page.set_content(kind.page(sample))
    data = page.pdf(prefer_css_page_size=True, print_background=True)
    if kind.digital is not None:
        name = f"{kind.name}-{sample.name}.pdf"
        (folder / name).write_bytes(kind.digital(data, page, sample))
        yield name
    dice = random.Random(sample.number)  # noqa: S311 - seeded noise, no secret
    for angle in kind.angles:
        name = f"{kind.name}{angle:g}-{sample.name}.tif"
        how = (0.4, 5.0, 0.4, 200)
        first, *rest = [scanned(data, number, how, dice) for number in range(_pages(data))]
        turned = [_turned(one, angle) for one in (first, *rest)]
        options = {"compression": "jpeg", "save_all": True, "append_images": turned[1:]}
        turned[0].save(folder / name, "TIFF", dpi=(200, 200), **options)
        yield name


def _pages(data: bytes) -> int:
    document = pdfium.PdfDocument(data)
    count = len(document)
    document.close()
    return count


def _turned(page: Image.Image, angle: float) -> Image.Image:
    return page.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=245)


def _document(*parts: str) -> str:
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}{MORE_STYLE}</style>{''.join(parts)}"


def _head(sample: Sample) -> str:
    title, number, day, supplier, buyer, _ = TEXTS[sample.words, sample.kind]
    left = f"{supplier}: {sample.supplier}<br>{buyer}: {BUYER[sample.words]}"
    right = f"{number}: {sample.number}<br>{day}: {sample.day[1]}"
    address = f'<br><span class="small">{ADDRESS[sample.words]}</span>'
    return f'<h1>{title}</h1><div class="head"><div>{left}{address}</div><div>{right}</div></div>'


def _boxed_head(sample: Sample) -> str:
    """Return a head with each value below its label, on two lines if it is long."""
    title, number, day, supplier, buyer, _ = TEXTS[sample.words, sample.kind]
    pairs = [(supplier, sample.supplier), (number, sample.number), (day, sample.day[1])]
    pairs.append((buyer, BUYER[sample.words]))
    boxes = "".join(
        f'<div class="box"><small>{label}</small>{html.escape(value)}</div>'
        for label, value in pairs
    )
    return f'<h1>{title}</h1><div class="head">{boxes}</div>'


def _rows(lines: list[dict[str, str]]) -> str:
    return "".join(
        f"<tr><td>{line['code']}</td><td>{html.escape(line['description'])}</td>"
        f"<td class=n>{line['quantity']}</td><td class=n>{_money(line['unit_price'])}</td>"
        f"<td class=n>{_money(line['amount'])}</td></tr>"
        for line in lines
    )


def _money(value: str) -> str:
    return f"{Decimal(value):,.2f}" if value else ""


def _headings(sample: Sample) -> str:
    names = COLUMNS[sample.words]
    cells = "".join(f"<th{' class=n' if i > 1 else ''}>{name}</th>" for i, name in enumerate(names))
    return f"<tr>{cells}</tr>"


def _table(sample: Sample, style: str = "") -> str:
    rows = _rows(order_of(sample)["lines"])
    return f'<table class="{style}">{_headings(sample)}{rows}</table>'


def _sums(sample: Sample) -> str:
    order, sign = order_of(sample), SIGN[sample.currency]
    subtotal, tax = SUMS[sample.words]
    net = sum((Decimal(line["amount"]) for line in order["lines"]), Decimal(0))
    sums = [(subtotal, str(net)), (tax, order["tax"]), (TEXTS[sample.words, sample.kind][5], "")]
    sums[2] = (sums[2][0], order["total"])
    rows = "".join(f"<tr><td>{a}</td><td class=n>{sign}{_money(b)}</td></tr>" for a, b in sums)
    return f'<table class="sums">{rows}</table>'


def _plain(sample: Sample) -> str:
    return _document(_head(sample), _table(sample), _sums(sample))


def _ruled(sample: Sample) -> str:
    return _document(_head(sample), _table(sample, "ruled"), _sums(sample))


def _sideways(sample: Sample) -> str:
    """Return a page on which all text runs from top to bottom."""
    style = "<style>@page { size: 297mm 210mm; } div.turn { position: absolute; width: 178mm; "
    style += "left: 100%; transform: rotate(90deg); transform-origin: 0 0; }</style>"
    inner = f"{_head(sample)}{_table(sample, 'ruled')}{_sums(sample)}"
    return _document(style, f"<div class=turn>{inner}</div>")


def _below(sample: Sample) -> str:
    return _document(_boxed_head(sample), "<br>", _table(sample, "lined narrow"), _sums(sample))


def _beside(sample: Sample) -> str:
    """Return a page with two columns: the order, and terms in small print next to it."""
    order = f"<div>{_head(sample)}{_table(sample, 'narrow')}{_sums(sample)}</div>"
    terms = f'<p class="small">{TERMS[sample.words] * 3}</p>'
    return _document(f'<div class="side">{order}{terms}</div>')


def _long(sample: Sample) -> str:
    """Return three pages with carried sums; one description continues on the next page."""
    out, into, page_of = CARRIED[sample.words]
    lines = order_of(sample)["lines"]
    empty = dict.fromkeys(lines[0], "")
    head, rest = _halves(lines[1]["description"])
    tables = [
        [lines[0], lines[1] | {"description": head}],
        [empty | {"description": rest}, lines[2]],
        [lines[3]],
    ]
    pages, carried = [], Decimal(0)
    for number, rows in enumerate(tables, start=1):
        first = _carried(into, carried) if number > 1 else ""
        carried += sum((Decimal(row["amount"]) for row in rows if row["amount"]), Decimal(0))
        last = _carried(out, carried) if number < len(tables) else ""
        body = f"<table class=lined>{_headings(sample)}{first}{_rows(rows)}{last}</table>"
        foot = f'<p class="small">{page_of.format(number, len(tables))}</p>'
        sums = _sums(sample) if number == len(tables) else ""
        pages.append(f"<div class=page>{_head(sample)}{body}{sums}{foot}</div>")
    return _document(*pages)


def _halves(text: str) -> tuple[str, str]:
    head, _, rest = text.rpartition(" ")
    return head, rest


def _carried(label: str, amount: Decimal) -> str:
    return f"<tr><td></td><td>{label}</td><td></td><td></td><td class=n>{amount:,.2f}</td></tr>"


def _same(data: bytes, page: Page, sample: Sample) -> bytes:  # noqa: ARG001 - one of several ways
    return data


def _page_turned(degrees: int) -> Callable[[bytes, Page, Sample], bytes]:
    """Return a function that rotates the page of a PDF, as shown by a viewer."""

    def turn(data: bytes, page: Page, sample: Sample) -> bytes:  # noqa: ARG001 - one of several ways
        document = pdfium.PdfDocument(data)
        document[0].set_rotation(degrees)
        buffer = io.BytesIO()
        document.save(buffer)
        document.close()
        return buffer.getvalue()

    return turn


def _partial(data: bytes, page: Page, sample: Sample) -> bytes:  # noqa: ARG001 - one of several
    """Return the document with its head as an image, as some programs print letterheads."""
    page.set_content(_document(f"<div id=head>{_head(sample)}</div>"))
    picture = base64.b64encode(page.locator("#head").screenshot()).decode()
    image = f'<img style="width:100%" src="data:image/png;base64,{picture}">'
    page.set_content(_document(image, _table(sample, "ruled"), _sums(sample)))
    return page.pdf(prefer_css_page_size=True, print_background=True)


def _scrambled(data: bytes, page: Page, sample: Sample) -> bytes:  # noqa: ARG001 - one of several
    return scrambled(data)


KINDS = (
    Kind(name="plain", page=_plain, angles=(0,), digital=_same),
    Kind(name="below", page=_below, angles=(0,), digital=_same),
    Kind(name="beside", page=_beside, angles=(0,), digital=_same),
    Kind(name="long", page=_long, angles=(0,), digital=_same),
    Kind(name="turned", page=_ruled, angles=(90, 180, 270)),
    Kind(name="askew", page=_plain, angles=(-10, -4, 4, 10)),
    Kind(name="page90", page=_ruled, digital=_page_turned(90)),
    Kind(name="page180", page=_plain, digital=_page_turned(180)),
    Kind(name="sideways", page=_sideways, digital=_same),
    Kind(name="partial", page=_ruled, digital=_partial),
    Kind(name="scrambled", page=_plain, digital=_scrambled),
)

if __name__ == "__main__":
    main()
