"""Verifies a recorded target: enters a second sample and compares the record with it."""

from pydantic import BaseModel

from clerkwork.browser.process.host import BrowserHost
from clerkwork.browser.records.enter import enter_record, find_record
from clerkwork.errors import ApplicationException, UsageError
from clerkwork.model.orders import Receipt
from clerkwork.model.project.targets import Target


def replay(host: BrowserHost, target: Target, item: BaseModel) -> Receipt:
    """Enter *item* in *target* once, and return the receipt of the record without differences.

    Raises:
        UsageError: The target already has the item, so it cannot prove anything.
        ApplicationException: ``replay_differs``: the target shows other values, or not one record.
        BotException: The form could not be filled as recorded.
    """
    if host.call(target, find_record, item):
        raise UsageError(
            f"the second sample is already in {target.name}; use one that is new there"
        )
    host.call(target, enter_record, item)
    found: list[Receipt] = host.call(target, find_record, item)
    if len(found) == 1 and not found[0].differences:
        return found[0]
    differences = " ".join(found[0].differences) if found else ""
    raise ApplicationException(
        "replay_differs",
        "The replay of the recording failed: {target} has {count} records of the second sample."
        " {differences}",
        count=len(found),
        target=target.name,
        differences=differences,
    )
