"""Run parts of the crash campaign: ``python -m tests.chaos PART... [--count N] [--seed S]``.

Without a part the whole campaign runs. Each part writes its row into docs/reliability.md.
"""

import argparse
import os
import sys
from datetime import timedelta

from clerkwork import clock
from tests.chaos import report
from tests.chaos.parts import PARTS, Wanted


def main() -> int:
    """Run the parts that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--count", type=int, help="trials instead of the full number")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--lanes", type=int, default=2 * max(2, os.cpu_count() or 2))
    parser.add_argument("--minutes", type=float, help="begin no trial of a part after this time")
    parser.add_argument("--dry", action="store_true", help="write no document")
    chosen = parser.parse_args()
    good = True
    for name in chosen.parts or PARTS:
        part = PARTS[name]
        minutes = chosen.minutes
        wanted = Wanted(
            count=chosen.count or part.count,
            seed=chosen.seed,
            lanes=chosen.lanes,
            until=None if minutes is None else clock.monotonic() + timedelta(minutes=minutes),
        )
        for outcome in part.run(wanted):
            say(f"{outcome.title}: {outcome.row}; {outcome.remarks}")
            if not chosen.dry:
                report.keep(outcome.section, outcome.title, outcome.row)
            good &= outcome.good
    return 0 if good else 1


def say(text: str) -> None:
    """Tell who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
