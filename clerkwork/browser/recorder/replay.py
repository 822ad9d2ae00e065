"""The proof: the recording enters a second sample, and the target shows what the sample says."""

from pydantic import BaseModel

from clerkwork.browser.process.host import BrowserHost
from clerkwork.browser.records.enter import enter_record, find_record
from clerkwork.errors import ApplicationException, UsageError
from clerkwork.model.orders import Receipt
from clerkwork.model.project.targets import Target


def replay(host: BrowserHost, target: Target, item: BaseModel) -> Receipt:
    """Enter *item* in *target* once and return what the target shows of it, free of differences.

    Raises:
        UsageError: The item stands in the target already, so that nothing can be proved with it.
        ApplicationException: ``replay_differs``: the target shows something else, or several.
        BotException: The page could not be filled as it was recorded.
    """
    if host.call(target, find_record, item):
        raise UsageError(
            f"the second sample stands in {target.name} already; take one that is new there"
        )
    host.call(target, enter_record, item)
    found: list[Receipt] = host.call(target, find_record, item)
    if len(found) == 1 and not found[0].differences:
        return found[0]
    differences = " ".join(found[0].differences) if found else ""
    raise ApplicationException(
        "replay_differs",
        "The recording does not replay: the second sample stands {count} times in {target}."
        " {differences}",
        count=len(found),
        target=target.name,
        differences=differences,
    )
