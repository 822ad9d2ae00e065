"""Measures the effect of master data on receipts, and the error of the stated probabilities."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import calibrate_documents
from benchmarks.document_rows import Readers, Rows, row
from benchmarks.engines import say
from clerkwork.model.documents.master_data import Master, Supplier
from tools import measure_receipts

KNOWN = "the suppliers of all other receipts as master data, never its own label"
Truths = Mapping[str, Mapping[str, str]]


def truths_of(folder: Path) -> dict[str, dict[str, str]]:
    """Return the labels of each receipt by its number, with wrong labels corrected."""
    errata = json.loads((folder / "label_errata.json").read_text("utf-8"))
    return {
        file.stem: json.loads(file.read_text("utf-8")) | errata.get(file.stem, {})
        for file in sorted((folder / "key").iterdir())
    }


def f1(outcomes: Sequence[measure_receipts.Outcome], label: str, *, loosely: bool = False) -> float:
    """Return F1: twice the right values by the found plus the labelled ones.

    If *loosely*, punctuation is ignored.
    """
    mine = [one for one in outcomes if label in {one.label, "all"}]
    found = sum(bool(one.field.value) for one in mine)
    right = sum(one.loosely_right if loosely else one.right for one in mine)
    return 2 * right / max(found + len(mine), 1)


def by_halves(outcomes: Sequence[measure_receipts.Outcome], label: str, **how: bool) -> str:
    """Return the F1 of a field for all receipts, and for those with even and with odd numbers."""
    halves = [[one for one in outcomes if int(one.receipt) % 2 == odd] for odd in (0, 1)]
    whole, even, odd = (f1(part, label, **how) for part in (outcomes, *halves))
    return f"{whole:.3f} (even {even:.3f}, odd {odd:.3f})"


def master(data: Path, readers: Readers) -> Rows:
    """Yield the figures of receipts with the suppliers of all other receipts as master data."""
    truths = truths_of(data / "sroie")
    present = [""]
    templates = [measure_receipts.any_receipt()]
    reader = readers(lambda: _others(truths, present[0]), templates)
    outcomes: list[measure_receipts.Outcome] = []
    for stem, truth in truths.items():
        present[0] = stem
        file = data / "sroie" / "img" / f"{stem}.jpg"
        outcomes += measure_receipts.compare(stem, truth, reader.read(file, file.name))
        say(f"  {file.name}")
    for one in outcomes:
        if not one.right:
            known = _known(truths, one)
            say(f"  {one.receipt} {one.label} {known}: {one.field.value!r}, true {one.true!r}")
    yield (
        "receipts with master data, F1 all",
        row(by_halves(outcomes, "all"), "≥ 0.94", f1(outcomes, "all") >= 0.94, KNOWN),
    )
    loose = by_halves(outcomes, "all", loosely=True)
    yield "the same, signs aside", row(loose, "shown", True, "letters and digits alone compared")
    for label in ("company", "address"):
        mine = [one for one in outcomes if one.label == label]
        known = [one for one in mine if _known(truths, one) == "known"]
        right = Counter(_known(truths, one) for one in mine if one.right)
        figure = f"{by_halves(outcomes, label)}; of {len(known)} that others hold {right['known']}"
        figure += f" right, of {len(mine) - len(known)} others {right['new']}"
        yield f"receipts with master data, F1 {label}", row(figure, "shown", True, KNOWN)


def _known(truths: Truths, one: measure_receipts.Outcome) -> str:
    """Return whether another receipt has the true value of a field."""
    others = (truth for stem, truth in truths.items() if stem != one.receipt)
    held = any(measure_receipts.same_text(truth.get(one.label, ""), one.true) for truth in others)
    return "known" if held else "new"


def _others(truths: Truths, stem: str) -> Master:
    """Return the suppliers of all receipts but one."""
    pairs = {
        (truth.get("company", ""), truth.get("address", ""))
        for other, truth in truths.items()
        if other != stem
    }
    suppliers = [Supplier(name=name, address=place) for name, place in sorted(pairs) if name]
    return Master(suppliers=tuple(suppliers))


def calibration(data: Path, readers: Readers) -> Rows:
    """Yield the gap between stated probabilities and shares of right values, for each half."""
    receipts = readers(templates=[measure_receipts.any_receipt()])
    found = [
        *calibrate_documents.receipts(receipts, data / "sroie"),
        *calibrate_documents.orders(readers(), data / "synth", None),
    ]
    for half, (every, believed) in enumerate(calibrate_documents.errors(found)):
        name = ("even", "odd")[half]
        how = f"{every.values} values of the {name} documents; counted on the other half"
        met = every.error <= 0.02
        yield f"calibration error, {name} half", row(f"{every.error:.3f}", "≤ 0.02", met, how)
        how = f"{believed.values} values that something speaks for"
        figure, met = f"{believed.error:.3f}", believed.error <= 0.02
        yield f"calibration error, {name} half, believed", row(figure, "≤ 0.02", met, how)
