"""Measure the extraction of receipts against their labels: company, date, address and total.

Usage: ``python tools/measure_receipts.py FOLDER [--cache FOLDER] [--half even|odd]``. The folder
contains ``img/<id>.jpg``, ``key/<id>.json`` with the labels, and ``label_errata.json`` with
corrections of wrong labels. Text is right if its letters, digits and punctuation are equal, without
blanks and case; the second figure also ignores punctuation. Dates and totals are compared by value.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from clerkwork.config.files.templates import shipped
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.documents.ocr.second_opinion import folded
from clerkwork.documents.values.dates import MONTHS
from clerkwork.model.documents.extraction import Extraction, FieldEvidence
from clerkwork.model.project.document_templates import Matching, Template

FIELDS = {"company": "supplier", "date": "date", "address": "address", "total": "total"}
UNTOUCHED = ("date", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one field of one receipt."""

    receipt: str
    label: str
    true: str
    field: FieldEvidence
    right: bool
    loosely_right: bool


def main() -> None:
    """Read every receipt of a folder and print how the fields compare with the labels."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--engine", default="auto", help="as the setting documents.engine")
    options.add_argument("--verify", default="auto", help="as the setting documents.verify")
    options.add_argument("--cache", type=Path, default=None, help="keep readings in this folder")
    options.add_argument("--half", choices=["even", "odd"], help="only numbers that are so")
    options.add_argument("--limit", type=int, default=None, help="read only so many")
    given = options.parse_args()
    files = [
        file
        for file in sorted((given.folder / "img").iterdir())
        if given.half is None or int(file.stem) % 2 == (given.half == "odd")
    ][: given.limit]
    errata = json.loads((given.folder / "label_errata.json").read_text("utf-8"))
    settings = DocumentSettings(
        engine=given.engine,
        verify=given.verify,
        date_order="dmy",
        cache_mb=1000,
        page_timeout_s=900,
    )
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as evidence:
        reader = DocumentReader(settings, Path(evidence), given.cache, templates=[any_receipt()])
        for file in files:
            key = given.folder / "key" / f"{file.stem}.json"
            truth = json.loads(key.read_text("utf-8")) | errata.get(file.stem, {})
            outcomes += compare(file.stem, truth, reader.read(file, file.name))
        reader.close()
    for outcome in outcomes:
        if not outcome.right:
            doubt = "doubted" if outcome.field.doubtful else "NOT DOUBTED"
            print(
                f"{outcome.receipt} {outcome.label}: {outcome.field.value!r}, "
                f"true {outcome.true!r}, {doubt}, {outcome.field.reason} {outcome.field.facts}"
            )
    report(outcomes)


def any_receipt() -> Template:
    """Return the shipped template of receipts, changed to match every document with a digit.

    So a receipt without a telling phrase is measured too.
    """
    (receipt,) = [template for template in shipped() if template.kind == "receipt"]
    match = Matching(any=[*"0123456789"])
    return receipt.model_copy(update={"match": match, "general": False})


def compare(receipt: str, truth: dict[str, str], extraction: Extraction) -> list[Outcome]:
    """Return the result of each labelled field of a receipt."""
    read = {field.path: field for field in extraction.fields}
    outcomes = []
    for label, path in FIELDS.items():
        if not truth.get(label):
            continue
        value, true = read[path].value, truth[label]
        compared = {"date": _same_day, "total": _same_amount}.get(label, same_text)
        loose = compared(value, true) or _letters(value) == _letters(true)
        outcomes.append(
            Outcome(
                receipt=receipt,
                label=label,
                true=true,
                field=read[path],
                right=compared(value, true),
                loosely_right=loose,
            )
        )
    return outcomes


def same_text(value: str, true: str) -> bool:
    """Return whether two texts are equal, ignoring blanks and case."""
    return folded(value).upper() == folded(true).upper()


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).upper()


def _same_amount(value: str, true: str) -> bool:
    try:
        return Decimal(value) == Decimal(re.sub(r"[^\d.]", "", true))
    except InvalidOperation:
        return False


def _same_day(value: str, true: str) -> bool:
    """Return whether a date is the labelled one; the labels are written day first."""
    parts = re.findall(r"\d+|[a-z]+", true.lower())
    if len(parts) == 1 and len(parts[0]) == 8:
        whole = parts[0]
        year_first = whole[:2] in {"19", "20"} and int(whole[4:6]) <= 12
        parts = (
            [whole[6:], whole[4:6], whole[:4]] if year_first else [whole[:2], whole[2:4], whole[4:]]
        )
    if len(parts) < 3:
        return False
    if len(parts[0]) == 4:
        parts = parts[2::-1]
    if parts[0].isalpha():
        parts[:2] = parts[1::-1]
    month = MONTHS.get(parts[1], 0) if parts[1].isalpha() else int(parts[1])
    year = parts[2] if len(parts[2]) == 4 else f"20{parts[2]}"
    return value == f"{year}-{month:02}-{int(parts[0]):02}"


def report(outcomes: Sequence[Outcome]) -> None:
    """Print F1 per field, the receipts that pass without a person, and how many are right."""
    print(f"\n{'field':10}{'labels':>8}{'F1':>8}{'F1 loose':>10}{'passed':>8}{'passed, right':>16}")
    for label in (*FIELDS, "all"):
        mine = [one for one in outcomes if label in {one.label, "all"}]
        passed = [one for one in mine if not one.field.doubtful]
        right = sum(one.right for one in passed)
        f1, loose = (_f1(mine, kind) for kind in ("right", "loosely_right"))
        print(f"{label:10}{len(mine):8}{f1:8.3f}{loose:10.3f}{len(passed):8}{right:16}")
    receipts: dict[str, list[Outcome]] = {}
    for one in outcomes:
        if one.label in UNTOUCHED:
            receipts.setdefault(one.receipt, []).append(one)
    passed_all = [each for each in receipts.values() if not any(one.field.doubtful for one in each)]
    right_all = sum(all(one.right for one in each) for each in passed_all)
    share, precision = _share(len(passed_all), len(receipts)), _share(right_all, len(passed_all))
    print(f"date and total pass untouched: {len(passed_all)} of {len(receipts)} ({share})")
    print(f"of these right: {right_all} ({precision})")


def _f1(outcomes: Iterable[Outcome], kind: str) -> float:
    """Return F1: twice the right values, divided by the found plus the labelled values."""
    all_of = list(outcomes)
    right = sum(bool(getattr(one, kind)) for one in all_of)
    found = sum(bool(one.field.value) for one in all_of)
    return 2.0 * float(right) / max(found + len(all_of), 1)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


if __name__ == "__main__":
    main()
