"""Submits a filled form once, and reads from the page whether the record was saved.

Only content that appears after the submit confirms the record. A form may show the number of the
next record, and a refused form is shown again with its previous content.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from playwright.sync_api import Error

from clerkwork.browser.locate.locate import has_button
from clerkwork.browser.locate.text_similarity import normalize
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.confirmation import Messages
from clerkwork.browser.records.login import PageState, read_idle_page, read_page, session_lost
from clerkwork.browser.records.open_form import click, require_button
from clerkwork.errors import ApplicationException
from clerkwork.model.project.target_form import PLACE, TargetForm


def submit(screen: PlaywrightScreen, form: TargetForm, buttons: Sequence[str]) -> str:
    """Click each of *buttons* once and return the number by which the target confirms the record.

    Raises:
        Fenced: Another worker has taken over the item; nothing was clicked.
        ApplicationException: ``locator_ambiguous``, ``page_covered`` or ``page_unexpected``: the
            first button cannot be clicked, and nothing was clicked; ``no_confirmation`` or
            ``session_lost``: it is unknown whether the record was saved, so do not retry.
    """
    messages = Messages(screen, form.confirmation) if PLACE in form.confirmation else None
    words = buttons[0]
    require_button(screen, words)  # before the submit, an error has a known outcome
    screen.about_to_submit()
    try:
        before = seen = read_page(screen)
        if messages is not None:
            messages.begin(before)
        for words in buttons:
            click(screen, words)
            seen = read_idle_page(screen)
    except (Error, ApplicationException) as error:
        raise _no_confirmation(screen, f"{words}: {str(error).splitlines()[0]}") from None
    if seen.asks_password:
        raise session_lost(screen)
    if messages is not None:
        number, seen = messages.await_value(seen, timedelta(seconds=screen.target.slowest_commit_s))
    else:
        number = _number(screen, form.confirmation, before, seen, buttons[-1])
    if not number or not _is_complete(screen, seen):
        raise _no_confirmation(screen, _said(screen, form.confirmation, before, seen))
    screen.keep_text("confirmation", seen.text)
    return number


def _number(
    screen: PlaywrightScreen, words: str, before: PageState, seen: PageState, button: str
) -> str | None:
    """Return the one number labelled *words* that appeared after the submit, or None.

    If there was another number before and the page still shows *button*, the new number may be that
    of the next record on a refused form, so the result is None.
    """
    was, now = before.values(words), [value for value in seen.values(words) if value]
    new = Counter(now) - Counter(was)
    if not new:  # an incomplete record had its number before: its state decides
        return _only(now) if _is_completed(screen, before, seen) else None
    had_number = any(letter.isdigit() for value in was for letter in value)
    if had_number and has_button(screen.page, button):
        return None
    return _only([*new])


def _only(values: Sequence[str]) -> str | None:
    """Return the value that all *values* start with, or None; a wider element may add text."""
    shortest = min(values, key=len, default=None)
    same = all(one == shortest or one.startswith(f"{shortest} ") for one in values)
    return shortest if same else None


def _is_completed(screen: PlaywrightScreen, before: PageState, seen: PageState) -> bool:
    """Return whether the submit changed the record's state to a completed one."""
    search = screen.target.search
    has_state = search is not None and search.state is not None and bool(search.complete)
    return has_state and _is_complete(screen, seen) and not _is_complete(screen, before)


def _is_complete(screen: PlaywrightScreen, seen: PageState) -> bool:
    """Return whether the record's state is a completed one, or the target has no states."""
    search = screen.target.search
    if search is None or search.state is None or not search.complete:
        return True
    return normalize(seen.value(search.state) or "") in {
        normalize(state) for state in search.complete
    }


def _said(screen: PlaywrightScreen, words: str, before: PageState, seen: PageState) -> str:
    """Return the text that the page shows instead of a confirmation."""
    if said := " ".join([*seen.alerts, *screen.dialogs]):
        return said[:300]
    if now := [value for value in seen.values(words) if value]:
        was = ", ".join(before.values(words)) or "nothing"
        return f"{words} shows {', '.join(now)}; before the submit it showed {was}"[:300]
    return str(screen.page.title())[:300]


def _no_confirmation(screen: PlaywrightScreen, reason: str) -> ApplicationException:
    return ApplicationException(
        "no_confirmation",
        "{target} did not confirm the record after it was submitted: {reason}",
        target=screen.target.name,
        reason=reason,
    )
