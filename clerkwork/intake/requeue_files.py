"""Puts files back into the inbox whose items a restored store does not know."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clerkwork.model.project.workflows import Workflow

MARGIN = timedelta(minutes=1)  # a file leaves the inbox a moment after its items were added


def put_back(inbox: Path, workflows: Iterable[Workflow], *, since: datetime) -> list[Path]:
    """Move the files that were accepted after *since* back to where they came from.

    A file that is taken again adds only what is not there: its references are known, and its
    orders are looked up in their target before they are entered.

    Returns:
        The files where they are now.
    """
    moved = []
    folders = {workflow.inbox.folder for workflow in workflows if workflow.inbox is not None}
    for folder in sorted(folders):
        for file in sorted((inbox / folder / "accepted").glob("*")):
            stamp, _, name = file.name.partition("-")
            accepted = _instant(stamp)
            if accepted is None or accepted < since - MARGIN:
                continue
            place = inbox / folder / name
            if place.exists():
                place = inbox / folder / file.name
            moved.append(file.rename(place))
    return moved


def _instant(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
