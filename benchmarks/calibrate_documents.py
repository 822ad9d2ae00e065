"""Count how often extracted values are right, by their reasons, and write ``calibration.yaml``.

Usage: ``python -m benchmarks.calibrate_documents FOLDER [--cache FOLDER] [--write]``. The folder
contains ``sroie/`` and ``synth/``, in the layout of the other measuring tools. The expected
calibration error is measured in two halves: the counts of each half are tested on the other.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from benchmarks.engines import say
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.documents.confidence.calibration import FILE, Calibration
from clerkwork.model.documents.decision import name_of, passable
from clerkwork.model.documents.extraction import FieldEvidence
from tools.measure_documents import differs, true_values
from tools.measure_receipts import any_receipt, compare

BINS = 10
HEAD = """\
# How many values were right of how many, by the reason they are believed for and by field.
# Written by `python -m benchmarks.calibrate_documents`; see docs/explanation/documents.md.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An extracted value, and whether it is right.

    Attributes:
        document: The number of its document.
    """

    document: int
    field: FieldEvidence
    right: bool


def main() -> None:
    """Read every document, print the calibration error, and write the counts with ``--write``."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--cache", type=Path, default=None, help="keep readings in this folder")
    options.add_argument("--scans", type=int, default=None, help="read only so many scanned orders")
    options.add_argument("--write", action="store_true", help="write calibration.yaml")
    given = options.parse_args()
    settings = DocumentSettings(date_order="dmy", cache_mb=2000, page_timeout_s=900)
    with tempfile.TemporaryDirectory() as evidence:
        made = partial(DocumentReader, settings, Path(evidence), given.cache)
        with closing(made(templates=[any_receipt()])) as reader:
            found = [*receipts(reader, given.folder / "sroie")]
        with closing(made()) as reader:
            found += orders(reader, given.folder / "synth", given.scans)
    report(found)
    if given.write:
        write(found)


def receipts(reader: DocumentReader, folder: Path) -> Iterator[Judged]:
    """Yield the labelled values of receipts."""
    errata = json.loads((folder / "label_errata.json").read_text("utf-8"))
    for number, file in enumerate(sorted((folder / "img").iterdir())):
        key = folder / "key" / f"{file.stem}.json"
        truth = json.loads(key.read_text("utf-8")) | errata.get(file.stem, {})
        for one in compare(file.stem, truth, reader.read(file, file.name)):
            if one.field.value:
                yield Judged(document=number, field=one.field, right=one.right)


def orders(reader: DocumentReader, folder: Path, scans: int | None) -> Iterator[Judged]:
    """Yield the values of orders and invoices; a value that the document lacks is wrong."""
    digital = sorted(folder.glob("*.pdf"))
    scanned = sorted(folder.glob("*.jpg"))[:scans]
    numbers = {
        file.stem: number for number, file in enumerate(digital)
    }  # a scan belongs to its PDF
    for file in [*digital, *scanned]:
        truth = true_values(file)
        for field in reader.read(file, file.name).fields:
            if field.value:
                known = field.path in truth
                right = known and not differs(field.path, field.value, truth)
                yield Judged(document=numbers[file.stem], field=field, right=right)


def counted(found: Sequence[Judged]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return the numbers of right values and of all values, by reason and by field."""
    counts: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for one in sorted(found, key=lambda one: (one.field.reason, name_of(one.field.path))):
        name = name_of(one.field.path)
        right, seen = counts[one.field.reason].get(name, (0, 0))
        counts[one.field.reason][name] = (right + one.right, seen + 1)
    return dict(counts)


def calibration_error(chances: Sequence[tuple[float, bool]]) -> float:
    """Return the mean gap between stated probability and share of right values, in ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for chance, right in chances:
        bins[min(int(chance * BINS), BINS - 1)].append((chance, right))
    gaps = [
        abs(sum(chance for chance, _ in each) - sum(right for _, right in each))
        for each in bins.values()
    ]
    return sum(gaps) / len(chances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The calibration error over a number of values."""

    values: int
    error: float


def errors(found: Sequence[Judged]) -> list[tuple[Gap, Gap]]:
    """Return two errors for each half, with the counts of the other half.

    The first error is of all values, the second one of the values that have a proof.
    """
    gaps = []
    for half in (0, 1):
        known = Calibration(counted([one for one in found if one.document % 2 != half]))
        unseen = [one for one in found if one.document % 2 == half]
        fit = [one for one in unseen if passable(one.field)]
        gaps.append((_gap(known, unseen), _gap(known, fit)))
    return gaps


def _gap(known: Calibration, unseen: Sequence[Judged]) -> Gap:
    chances = [(_chance(known, one.field), one.right) for one in unseen]
    return Gap(values=len(chances), error=calibration_error(chances))


def report(found: Sequence[Judged]) -> None:
    """Print the calibration error of each half with the counts of the other."""
    for half, (every, believed) in enumerate(errors(found)):
        say(
            f"half {half}: {every.values} values, expected calibration error {every.error:.4f}; "
            f"of the {believed.values} that something speaks for, {believed.error:.4f}"
        )


def _chance(known: Calibration, field: FieldEvidence) -> float:
    return known.probability(field.path, field.reason, field.confidence)


def write(found: Sequence[Judged]) -> None:
    """Write the counts of all documents."""
    reasons = {
        reason: {name: list(pair) for name, pair in fields.items()}
        for reason, fields in counted(found).items()
    }
    text = yaml.safe_dump({"reasons": reasons}, allow_unicode=True, width=100)
    FILE.write_text(HEAD + text, "utf-8")
    say(f"{FILE.name}: {len(found)} values, {len(reasons)} reasons")


if __name__ == "__main__":
    main()
