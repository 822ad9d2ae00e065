"""The check that every open item has a way to continue."""

from collections.abc import Iterator
from datetime import timedelta

from clerkwork.engine.sweep import stuck_items
from clerkwork.engine.sweep.stuck_items import Problem
from clerkwork.insight.health import CheckResult, Checkup, fail

SHOWN = 3
GRACE = timedelta(minutes=2)  # until then a worker repairs it
SENTENCES = {
    Problem.NO_ENTRY: "Items waiting without an entry in a queue ({count}): {items}.",
    Problem.NO_RUN: "Items at work without a run ({count}): {items}.",
    Problem.NO_INSTANT: "Items postponed without an instant ({count}): {items}.",
    Problem.NO_REVIEW: "Items in review without an open review ({count}): {items}.",
    Problem.VOID_REVIEW: "Items with an open review that are not in review ({count}): {items}.",
}


def open_items(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that the items that did not move for the longest have one way to continue each."""
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
