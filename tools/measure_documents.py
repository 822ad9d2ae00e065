"""Measure the extraction of documents against known values, and print a table.

Usage: ``python tools/measure_documents.py FOLDER [--limit N] [--cache FOLDER]``. The folder
contains documents and, next to each, a JSON file of the same stem with its true values, or one
``expected.json`` with an order per file.
Text is compared without blanks and with the multiplication sign as ``x``.
"""

import argparse
import json
import re
import tempfile
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from clerkwork import clock
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.documents.ocr.second_opinion import folded
from clerkwork.documents.values.amounts import currencies_in
from clerkwork.model.documents.extraction import Extraction
from clerkwork.model.work.reviews import flatten

SUFFIXES = {".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}
NUMBERS = {"quantity", "unit_price", "amount", "tax", "total"}


def main() -> None:
    """Read every document of a folder, and print how the fields compare with the true values."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--limit", type=int, default=None, help="read only so many documents")
    options.add_argument("--only", default="", help="read only files whose name contains this")
    options.add_argument("--engine", default="auto", help="as the setting documents.engine")
    options.add_argument("--verify", default="auto", help="as the setting documents.verify")
    options.add_argument("--cache", type=Path, default=None, help="keep readings in this folder")
    given = options.parse_args()
    files = [file for file in sorted(given.folder.iterdir()) if file.suffix.lower() in SUFFIXES]
    files = [file for file in files if given.only in file.name][: given.limit]
    with tempfile.TemporaryDirectory() as evidence:
        settings = DocumentSettings(
            engine=given.engine, verify=given.verify, cache_mb=1000, page_timeout_s=900
        )
        reader = DocumentReader(settings, Path(evidence), given.cache)
        reports = [measure(reader, file) for file in files]
        reader.close()
    for kind in sorted({report["engine"] for report in reports}):
        _print(kind, [report for report in reports if report["engine"] == kind])


def measure(reader: DocumentReader, file: Path) -> dict[str, Any]:
    """Return how the extracted values of one document compare with its true values."""
    truth = true_values(file)
    start = clock.monotonic()
    extraction = reader.read(file, file.name)
    seconds = (clock.monotonic() - start).total_seconds()
    read = {field.path: field for field in extraction.fields}
    wrong = [path for path in truth if path not in read or differs(path, read[path].value, truth)]
    wrong += [path for path in read if path not in truth]
    silent = [path for path in wrong if path in read and not read[path].doubtful]
    doubtful = extraction.doubtful()
    for path in silent:
        print(f"{file.name}: {path} = {read[path].value!r}, true {truth.get(path)!r}, not doubted")
    print(f"{file.name}: {seconds:.1f} s, wrong {wrong}, doubted {_shown(extraction)}", flush=True)
    return {
        "engine": extraction.engine,
        "truth": truth,
        "read": list(read),
        "wrong": wrong,
        "silent": silent,
        "doubtful": doubtful,
        "passed": not doubtful,
        "seconds": seconds,
    }


def _shown(extraction: Extraction) -> list[str]:
    return [f"{f.path}={f.value!r} {f.reason} {f.facts}" for f in extraction.fields if f.doubtful]


def true_values(file: Path) -> dict[str, str]:
    """Return the true value of every field of a document by its path."""
    together = file.parent / "expected.json"
    if together.exists():
        return flatten(json.loads(together.read_text("utf-8"))[file.name])
    truth = json.loads(file.with_suffix(".json").read_text("utf-8"))
    lines = [
        {
            "code": line["code"],
            "description": line["desc"],
            "quantity": line["qty"],
            "unit_price": line["price"],
            "amount": line["amount"],
        }
        for line in truth["lines"]
    ]
    return flatten(
        {
            "number": truth["doc_no"],
            "order_date": truth["date_iso"],
            "supplier": truth["supplier"],
            "currency": _currency(file),
            "lines": lines,
            "tax": truth["tax"],
            "total": truth["total"],
        }
    )


def _currency(file: Path) -> str:
    """Return the currency whose sign is in the PDF of the document."""
    document = pdfium.PdfDocument(file.with_suffix(".pdf"))
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return (currencies_in(" ".join(re.findall(r"[¥￥$€£]", text))) or [""])[0]


def differs(path: str, value: str, truth: dict[str, str]) -> bool:
    """Return whether a value is not the true one."""
    if path.rpartition(".")[2] in NUMBERS:
        try:
            return Decimal(value) != Decimal(truth[path])
        except InvalidOperation:
            return True
    return folded(value) != folded(truth[path])


def _print(kind: str, reports: list[dict[str, Any]]) -> None:
    if not reports:
        return
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    trusted: Counter[str] = Counter()
    for report in reports:
        for path in report["truth"]:
            name = re.sub(r"\d+\.", "", path)
            total[name] += 1
            right[name] += path not in report["wrong"]
            trusted[name] += path not in report["wrong"] and path not in report["doubtful"]
    print(f"\n{kind}: {len(reports)} documents")
    print(f"{'field':20}{'count':>8}{'right':>8}{'right and passed':>20}")
    for name in total:
        shares = f"{right[name] / total[name]:8.1%}{trusted[name] / total[name]:20.1%}"
        print(f"{name:20}{total[name]:8}{shares}")
    passed = sum(report["passed"] for report in reports)
    silent = sum(len(report["silent"]) for report in reports)
    seconds = sum(report["seconds"] for report in reports) / len(reports)
    print(f"documents without doubt: {passed} of {len(reports)} ({passed / len(reports):.0%})")
    print(f"wrong values that were not doubted: {silent}")
    print(f"seconds per document: {seconds:.2f}")


if __name__ == "__main__":
    main()
