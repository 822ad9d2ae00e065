"""Adds lines to a grid until it has as many as the item, by one call to the page if possible."""

from collections.abc import Sequence
from datetime import timedelta

from playwright.sync_api import Error, Frame, Page

from clerkwork.browser.locate.candidates import Candidate, candidates
from clerkwork.browser.locate.locate import look
from clerkwork.browser.locate.text_similarity import similarity
from clerkwork.browser.page.settle import LIMIT
from clerkwork.browser.scripts import script

SAME_WORDS = 0.9  # minimum similarity of a heading and a column's label
Look = tuple[list[Frame], list[Candidate]]
GROW = script("page/grid_rows", "growGrid")


def count_lines(fields: Sequence[Candidate], words: Sequence[str]) -> int:
    """Return the number of lines in the grid that has columns labelled *words*."""
    lines: dict[tuple[int, int], set[int]] = {}
    for one in fields:
        if any(similarity(said, one.seen.header) >= SAME_WORDS for said in words):
            lines.setdefault((one.frame, one.grid), set()).add(one.line)
    return max(map(len, lines.values()), default=0)


def add_rows(page: Page, words: Sequence[str], button: str | None, wanted: int) -> Look:
    """Try to add the missing lines, and return a scan of the page after that.

    The button is pressed only on a page with one frame and one such button, so there may still be
    fewer lines than wanted.

    Args:
        page: The page with the grid.
        words: Labels of its columns.
        button: Label of the button that adds a line, if there is one.
        wanted: Number of lines that the grid needs.
    """
    if len(page.frames) > 1 or button is None:
        return look(page)
    limit_ms = LIMIT / timedelta(milliseconds=1)
    headers = [said.lower() for said in words]
    try:
        reports = page.evaluate(GROW, [button, headers, wanted, limit_ms])
    except Error:  # the page was left meanwhile
        return look(page)
    return look(page) if reports is None else ([page.main_frame], candidates([reports]))
