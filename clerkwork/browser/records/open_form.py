"""Opens the empty form of a target: presses buttons, closes pop-ups, adds grid lines."""

from collections.abc import Callable
from functools import partial

from clerkwork.browser.page.grid_rows import Look, add_rows, count_lines
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.fill import unexpected
from clerkwork.browser.records.login import check_requests, go_to, wait_idle
from clerkwork.errors import ApplicationException
from clerkwork.model.project.target_form import Grid, TargetForm


def reach_form(screen: PlaywrightScreen, form: TargetForm) -> None:
    """Open the form's page and press the buttons that lead to the empty form."""
    go_to(screen, form.address)
    for words in form.open:
        click(screen, words)
        wait_idle(screen)


def close_popups(screen: PlaywrightScreen, form: TargetForm) -> bool:
    """Close the pop-ups that cover the form now; return whether there were any."""
    closed = False
    for words in form.close:
        button = screen.page.get_by_role("button", name=words, exact=True)
        if button.count() and button.first.is_visible():
            button.first.click()
            wait_idle(screen)
            closed = True
    return closed


def click(screen: PlaywrightScreen, words: str) -> None:
    """Click the button labelled *words*; if a pop-up covers it, close that first."""
    _retry_under_popup(screen, partial(screen.click, words))


def require_button(screen: PlaywrightScreen, words: str) -> None:
    """Wait until the button labelled *words* can be clicked, without clicking it.

    Raises:
        ApplicationException: ``locator_ambiguous``, ``page_covered`` or ``page_unexpected``.
    """
    _retry_under_popup(screen, partial(screen.button, words))


def _retry_under_popup(screen: PlaywrightScreen, act: Callable[[], object]) -> None:
    """Run *act*; if a pop-up covers its button and can be closed, close it and run *act* again."""
    try:
        act()
    except ApplicationException as error:
        form = screen.target.form
        if error.code != "page_covered" or form is None or not close_popups(screen, form):
            raise
        act()


def need_rows(screen: PlaywrightScreen, grid: Grid, wanted: int) -> Look | None:
    """Add lines until the grid has *wanted* of them.

    Returns:
        A scan of the page with all the lines, or None if the page has to be scanned again.
    """
    words = [field.words for field in grid.fields.values()]
    seen = add_rows(screen.page, words, grid.add, wanted)
    check_requests(screen)
    if count_lines(seen[1], words) >= wanted:
        return seen
    wait_idle(screen)
    rows = screen.grid_rows(words)
    for row in range(rows, wanted):
        if grid.add is None:
            raise unexpected(screen, f"its grid has no line {row + 1}")
        click(screen, grid.add)
        wait_idle(screen)
    return None
