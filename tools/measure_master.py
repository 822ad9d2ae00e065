"""Measure the reading of receipts with the suppliers of all other receipts as master data.

Usage: ``python tools/measure_master.py FOLDER [--cache FOLDER] [--half even|odd]``. The folder is
the one of ``measure_receipts.py``, whose table is printed. For each receipt the master data holds
the companies and addresses of all the others, never its own label.
"""

import argparse
import json
import tempfile
from pathlib import Path

from measure_receipts import Outcome, compare, report

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.model.master import Master, Supplier


def main() -> None:
    """Read every receipt of a folder and print how the fields compare with the labels."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--cache", type=Path, default=None, help="keep readings in this folder")
    options.add_argument("--half", choices=["even", "odd"], help="only numbers that are so")
    given = options.parse_args()
    errata = json.loads((given.folder / "label_errata.json").read_text("utf-8"))
    truths = {
        file.stem: json.loads(file.read_text("utf-8")) | errata.get(file.stem, {})
        for file in sorted((given.folder / "key").iterdir())
    }
    outcomes: list[Outcome] = []
    present: list[str] = []
    settings = DocumentSettings(date_order="dmy", cache_mb=2000, page_timeout_s=900)
    with tempfile.TemporaryDirectory() as evidence:
        reader = DocumentReader(
            settings, Path(evidence), given.cache, lambda: others(truths, present[-1])
        )
        for stem, truth in truths.items():
            if given.half is None or int(stem) % 2 == (given.half == "odd"):
                present.append(stem)
                file = given.folder / "img" / f"{stem}.jpg"
                outcomes += compare(stem, truth, reader.read_receipt(file, file.name))
        reader.close()
    for outcome in outcomes:
        if outcome.field.repaired and not outcome.right:
            print(f"{outcome.receipt}: repaired to {outcome.field.value!r}, true {outcome.true!r}")
    report(outcomes)


def others(truths: dict[str, dict[str, str]], stem: str) -> Master:
    """Return the suppliers of all receipts but one."""
    pairs = {
        (truth.get("company", ""), truth.get("address", ""))
        for other, truth in truths.items()
        if other != stem
    }
    suppliers = [Supplier(name=name, address=place) for name, place in sorted(pairs) if name]
    return Master(suppliers=tuple(suppliers))


if __name__ == "__main__":
    main()
