"""Measures the reading of documents with known answers; writes a table to docs/benchmarks.md.

Receipts and forms are shown in parts. The rules for receipts were made on the even numbers; every
fourth form was kept aside when the first rules were made, and looked at since. What the documents
are, and where they come from, stands in the README of the folder.

Usage: python -m benchmarks.documents [--data FOLDER] [--cache FOLDER] [--only a,b] [--write]
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks import forms, reading_cost
from benchmarks.engines import say
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.documents.engine import choose
from tests.chaos.report import HOME, keep
from tools import measure_documents, measure_receipts

DATA = HOME / "var" / "data"
DOCUMENT = HOME / "docs" / "benchmarks.md"
RESULTS = HOME / "docs" / "figures" / "documents.json"
SECTION = "documents"
Row = dict[str, Any]
Part = Callable[[Path, DocumentReader], Iterator[tuple[str, Row]]]


def settings(**others: Any) -> DocumentSettings:
    """Return the settings as shipped, day first, with time for a busy machine."""
    return DocumentSettings(date_order="dmy", cache_mb=2000, page_timeout_s=900, **others)


def row(figure: str, wanted: str, met: bool, how: str) -> Row:
    """Return one row of the table."""
    return {"figure": figure, "wanted": wanted, "met": "yes" if met else "**no**", "how": how}


def receipts(data: Path, reader: DocumentReader) -> Iterator[tuple[str, Row]]:
    """Yield the figures of receipts, even and odd numbers apart."""
    folder = data / "sroie"
    outcomes: list[measure_receipts.Outcome] = []
    errata = json.loads((folder / "label_errata.json").read_text("utf-8"))
    for file in sorted((folder / "img").iterdir()):
        key = json.loads((folder / "key" / f"{file.stem}.json").read_text("utf-8"))
        read = reader.read_receipt(file, file.name)
        outcomes += measure_receipts.compare(file.stem, key | errata.get(file.stem, {}), read)
        say(f"  {file.name}")
    halves = [[one for one in outcomes if int(one.receipt) % 2 == odd] for odd in (0, 1)]
    wanted = {"all": 0.88, "company": 0.0, "address": 0.0, "date": 0.99, "total": 0.98}
    for label, least in wanted.items():
        f1 = [_f1(part, label) for part in (outcomes, *halves)]
        figure = f"{f1[0]:.3f} (even {f1[1]:.3f}, odd {f1[2]:.3f})"
        yield (
            f"receipts, F1 {label}",
            row(figure, f"≥ {least}" if least else "shown", f1[0] >= least, HOW_RECEIPTS),
        )
    whole, even, odd = (_untouched(part) for part in (outcomes, *halves))
    figure = f"{whole[0]:.1%} (even {even[0]:.1%}, odd {odd[0]:.1%})"
    how = "date and total pass without a person"
    yield "receipts, untouched", row(figure, "≥ 85 %", whole[0] >= 0.85, how)
    right = f"{whole[2]} of {whole[1]}"
    yield (
        "receipts, untouched and right",
        row(right, "≥ 99.5 %", whole[2] >= 0.995 * whole[1], "of those that pass"),
    )


HOW_RECEIPTS = "100 of SROIE, from the picture; blanks and case aside, no master data"


def _f1(outcomes: Sequence[measure_receipts.Outcome], label: str) -> float:
    mine = [one for one in outcomes if label in {one.label, "all"}]
    found = sum(bool(one.field.value) for one in mine)
    return 2 * sum(one.right for one in mine) / max(found + len(mine), 1)


def _untouched(outcomes: Sequence[measure_receipts.Outcome]) -> tuple[float, int, int]:
    """Return the share of receipts that pass, how many they are, and how many of them are right."""
    by_receipt: dict[str, list[measure_receipts.Outcome]] = {}
    for one in outcomes:
        if one.label in measure_receipts.UNTOUCHED:
            by_receipt.setdefault(one.receipt, []).append(one)
    passed = [each for each in by_receipt.values() if not any(one.field.doubtful for one in each)]
    right = sum(all(one.right for one in each) for each in passed)
    return len(passed) / max(len(by_receipt), 1), len(passed), right


def pairs(data: Path, reader: DocumentReader) -> Iterator[tuple[str, Row]]:
    """Yield the figures of labels with their values on forms that are not known."""
    counts = {True: forms.Counts(), False: forms.Counts()}
    for place, file in enumerate(sorted((data / "funsd" / "annotations").glob("*.json"))):
        picture = next((data / "funsd" / "images").glob(f"{file.stem}.*"))
        read = reader.read(picture, picture.name).labelled
        forms.compare(counts[place % 4 == 3], file, [(one.label, one.raw) for one in read])
        say(f"  {picture.name}")
    every = counts[True] + counts[False]
    figure = f"{every.f1:.3f} (every fourth {counts[True].f1:.3f}, others {counts[False].f1:.3f})"
    how = f"25 of FUNSD, {every.wanted} pairs; both texts alike to {forms.ALIKE:.0%}"
    yield "forms, F1 of pairs", row(figure, "≥ 0.60", every.f1 >= 0.6, how)


def invoices(data: Path, reader: DocumentReader) -> Iterator[tuple[str, Row]]:
    """Yield how many numbers, dates and amounts of real invoices are right."""
    right = seen = 0
    for file in sorted((data / "invoice2data").glob("*.pdf")):
        truth = json.loads(file.with_suffix(".json").read_text("utf-8"))[0]
        values = reader.read(file, file.name).values()
        for name, path in (("invoice_number", "number"), ("date", "order_date")):
            if name in truth:
                seen += 1
                right += values.get(path) == str(truth[name])
        if "amount" in truth:
            seen += 1
            right += Decimal(values.get("total", "NaN")) == Decimal(str(truth["amount"]))
    figure = f"{right} of {seen}"
    how = "number, date and amount of 7 PDFs, no template"
    yield "invoices, right", row(figure, "≥ 95 %", right >= 0.95 * seen, how)


def orders(data: Path, reader: DocumentReader) -> Iterator[tuple[str, Row]]:
    """Yield the figures of made orders and invoices, with a text layer and as degraded scans."""
    for name, suffix, least in (("digital", ".pdf", 0.995), ("scanned", ".jpg", 0.985)):
        files = sorted((data / "synth").glob(f"*{suffix}"))
        reports = [measure_documents.measure(reader, file) for file in files]
        seen = sum(len(report["truth"]) for report in reports)
        right = seen - sum(
            path in report["truth"] for report in reports for path in report["wrong"]
        )
        whole = sum(_lines(report["truth"]) == _lines(report["read"]) for report in reports)
        passed = sum(report["passed"] for report in reports)
        silent = sum(len(report["silent"]) for report in reports)
        how = f"{seen} fields of {len(files)}, English and Chinese; {silent} wrong undoubted"
        figure = f"{right / seen:.2%}, all lines in {whole} of {len(files)}"
        yield f"orders, {name}", row(figure, f"≥ {least:.1%}", right >= least * seen, how)
        yield f"orders, {name}, untouched", row(f"{passed} of {len(files)}", "shown", True, "")


def _lines(paths: Sequence[str]) -> int:
    return len({path.split(".")[1] for path in paths if path.startswith("lines.")})


PARTS: dict[str, Part] = {
    "receipts": receipts,
    "pairs": pairs,
    "invoices": invoices,
    "orders": orders,
}


COSTS = {"cost": reading_cost.rows, "digital": reading_cost.digital}  # the second is a part


def main() -> None:
    """Measure the chosen parts, print their rows, and write them when asked to."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--cache", type=Path, default=HOME / "var" / "cache")
    options.add_argument("--only", default=",".join([*PARTS, "cost"]))
    options.add_argument("--write", action="store_true")
    given = options.parse_args()
    if not given.data.is_dir():
        sys.exit(f"{given.data}: not found; give the folder of documents with --data.")
    engines = choose(settings())
    say(f"read by {engines.first.name}, confirmed by {engines.second and engines.second.name}")
    for part in given.only.split(","):
        with tempfile.TemporaryDirectory() as evidence:
            if part in COSTS:
                rows = COSTS[part](given.data, settings(), Path(evidence), row)
            else:
                reader = DocumentReader(settings(), Path(evidence), given.cache)
                rows = PARTS[part](given.data, reader)
            for name, found in rows:
                say(f"{name}: {found}")
                if given.write:
                    keep(SECTION, name, found, document=DOCUMENT, results=RESULTS)


if __name__ == "__main__":
    main()
