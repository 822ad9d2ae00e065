"""The check that every open item has a way to continue."""

from collections.abc import Iterator
from datetime import timedelta

from clerkwork.engine.sweep import stuck_items
from clerkwork.engine.sweep.stuck_items import Problem
from clerkwork.insight.health import CheckResult, Checkup, fail

SHOWN = 3
GRACE = timedelta(minutes=2)  # a worker repairs such an item within this time
SENTENCES = {
    Problem.NO_ENTRY: "Waiting items without an entry in a queue ({count}): {items}.",
    Problem.NO_RUN: "Running items without a run ({count}): {items}.",
    Problem.NO_INSTANT: "Postponed items without an instant ({count}): {items}.",
    Problem.NO_REVIEW: "Items in review without an open review ({count}): {items}.",
    Problem.VOID_REVIEW: "Items with an open review that are not in review ({count}): {items}.",
}


def open_items(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that each of the items without a transition for longest has a way to continue."""
    core = checkup.core
    found = stuck_items.StuckItemSearch(core.store, core.client, grace=GRACE).oldest()
    for problem, message in SENTENCES.items():
        numbers = [str(one.item.item_id) for one in found if one.problem is problem]
        if numbers:
            yield fail(
                "open items",
                message,
                "Start a worker, it repairs them: `clerkwork work`.",
                count=len(numbers),
                items=", ".join(numbers[:SHOWN]) + (" …" if len(numbers) > SHOWN else ""),
            )
