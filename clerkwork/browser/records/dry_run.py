"""Dry run of a target's description: every named element is located, nothing is saved.

It logs in, looks up a reference that no record has, opens the empty form and presses the button
that adds a line. The buttons that save the record are located but not pressed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from clerkwork.browser.locate.locate import find_fields, has_button
from clerkwork.browser.page.screen import LOCATE_S, PlaywrightScreen
from clerkwork.browser.records.custom_pages import custom_function
from clerkwork.browser.records.login import go_to, read_idle_page, read_page, wait_idle
from clerkwork.browser.records.open_form import click, close_popups, need_rows, reach_form
from clerkwork.browser.records.results import ResultList
from clerkwork.browser.records.search import result_tables
from clerkwork.errors import ApplicationException, BusinessException
from clerkwork.model.bots import Screen
from clerkwork.model.project.target_form import Grid, Search, TargetField

UNUSED_REFERENCE = "CLERKWORK-CHECK-0"
IN_CUSTOM_PAGES = "done by pages.py"
NO_LOOKUP = "not used with `guarantee: blind`"
NO_BUTTON = "there is no such button"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of checking one key of a target's description.

    Attributes:
        key: The key in ``target.yaml``, such as ``form.fields.tax``.
        words: Its value: the label of the element.
        problem: Why the element was not located; empty if it was.
        note: Why the key was not checked, or not completely; else empty.
    """

    key: str
    words: str = ""
    problem: str = ""
    note: str = ""


def dry_run(screen: Screen) -> list[Finding]:
    """Return a finding for each key of the target's description that names a page element.

    Raises:
        ApplicationException: ``login_failed``: nothing could be checked.
        Error: Playwright failed, for example because the target does not answer.
    """
    if not isinstance(screen, PlaywrightScreen):
        raise TypeError("a dry run needs a PlaywrightScreen")
    return [*_search(screen), *_form(screen)]


def _search(screen: PlaywrightScreen) -> Iterator[Finding]:
    search = screen.target.search
    if custom_function(screen.pages, "find") is not None:
        yield Finding(key="search", note=IN_CUSTOM_PAGES)
    elif search is None:
        blind = screen.target.guarantee == "blind"
        yield Finding(key="search", note=NO_LOOKUP if blind else "not described")
    elif search.field is None:
        yield _list(screen, search)
    else:
        yield from _search_by_field(screen, search, search.field)


def _search_by_field(screen: PlaywrightScreen, search: Search, words: str) -> Iterator[Finding]:
    """Yield a finding for each key of a search by a field; the list is checked if all are found."""
    found = [_attempt("search.field", words, lambda: _open_search(screen, search, words))]
    if search.button is not None:
        found.append(_button(screen, "search.button", search.button))
    yield from found
    if any(one.problem for one in found):
        yield Finding(
            key="search.column", words=search.column, note="not checked: the search failed"
        )
    else:
        yield _list(screen, search)


def _open_search(screen: PlaywrightScreen, search: Search, words: str) -> None:
    go_to(screen, search.address)
    screen.fields([screen.wanted(words)])


def _list(screen: PlaywrightScreen, search: Search) -> Finding:
    words, note = search.column, ""
    try:
        found = _attempt("search.column", words, ResultList(screen, search, UNUSED_REFERENCE).hits)
    except BusinessException:  # the field is too short for the unused reference
        return Finding(key="search.column", words=words, note=f"{UNUSED_REFERENCE} is too long")
    if not found.problem and not result_tables(read_page(screen), search):
        note = "no list is shown if there is no such record"
    return replace(found, note=note)


def _form(screen: PlaywrightScreen) -> Iterator[Finding]:
    form = screen.target.form
    if custom_function(screen.pages, "enter") is not None:
        yield Finding(key="form", note=IN_CUSTOM_PAGES)
        return
    if form is None:
        yield Finding(key="form", note="not described")
        return
    way = " > ".join([form.address, *form.open])
    reached = _attempt("form.address", way, lambda: reach_form(screen, form))
    yield reached
    if reached.problem:
        return
    if custom_function(screen.pages, "open_form") is not None:
        yield Finding(
            key="form.fields", note="not checked: pages.py needs an item to open the form"
        )
        return
    close_popups(screen, form)
    yield from _fields(screen, "form.fields", form.fields, row=None)
    yield _button(screen, "form.submit", form.submit[0])
    for words in form.submit[1:]:
        yield Finding(
            key="form.submit", words=words, note="not checked: appears after the first button"
        )
    yield Finding(
        key="form.confirmation", words=form.confirmation, note="not checked: appears after saving"
    )
    if form.lines is not None:
        yield from _lines(screen, form.lines)


def _lines(screen: PlaywrightScreen, grid: Grid) -> Iterator[Finding]:
    single = grid.entry == "single"
    added = _attempt("form.lines.add", grid.add or "", lambda: _add(screen, grid))
    yield added
    if added.problem:
        return
    yield from _fields(screen, "form.lines.fields", grid.fields, row=None if single else 0)
    for key in ("next", "done"):
        if single and (words := getattr(grid, key)) is not None:
            yield _button(screen, f"form.lines.{key}", words)


def _add(screen: PlaywrightScreen, grid: Grid) -> None:
    if grid.entry != "single":
        need_rows(screen, grid, 2 if grid.add is not None else 1)
    elif grid.add is not None:
        click(screen, grid.add)
        wait_idle(screen)


def _fields(
    screen: PlaywrightScreen, key: str, fields: Mapping[str, TargetField], *, row: int | None
) -> Iterator[Finding]:
    """Yield a finding for each field, located by one scan of the page."""
    written = {name: field for name, field in fields.items() if field.entry != "shown"}
    wanted = [screen.wanted(field.words, row=row) for field in written.values()]
    found = dict(zip(written, find_fields(screen.page, wanted), strict=True))
    text = "" if len(written) == len(fields) else read_idle_page(screen).text
    for name, field in fields.items():
        one = found.get(name)
        problem = str(one) if isinstance(one, ApplicationException) else ""
        if name not in found and field.words not in text:
            problem = "the page does not show it"
        yield Finding(key=f"{key}.{name}", words=field.words, problem=problem)


def _button(screen: PlaywrightScreen, key: str, words: str) -> Finding:
    there = has_button(screen.page, words, timeout_s=LOCATE_S)  # it may appear late
    return Finding(key=key, words=words, problem="" if there else NO_BUTTON)


def _attempt(key: str, words: str, work: Callable[[], object]) -> Finding:
    """Run *work*; return a finding with its error, if there is one."""
    try:
        work()
    except ApplicationException as error:
        if error.code == "login_failed":
            raise
        return Finding(key=key, words=words, problem=str(error))
    return Finding(key=key, words=words)
