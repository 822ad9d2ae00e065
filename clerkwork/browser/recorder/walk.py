"""Replays a recording up to the last field, and describes every control that it uses.

It runs in the browser's child process. Nothing is saved: the buttons that would save the record are
located but not clicked, because the target has had the record since the recording.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from playwright.sync_api import ElementHandle, Error, Locator, Page
from playwright.sync_api import TimeoutError as LateError

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.locate import KEPT, look
from clerkwork.browser.locate.match import choose
from clerkwork.browser.locate.scores import name_of
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.recorder.plan import RecordingPlan, chosen_option, sets_value
from clerkwork.browser.recorder.script import Act
from clerkwork.browser.records.dry_run import UNUSED_REFERENCE
from clerkwork.browser.records.login import PageState, column_number, read_page
from clerkwork.browser.scripts import script
from clerkwork.errors import UsageError
from clerkwork.model.bots import Screen
from clerkwork.model.project.locators import Fingerprint

QUIET_MS = 5_000
STABLE_MS = 2_000  # words for "no records" stay at least this long
PLACE = "{reference}"
CLICKED = script("recorder/walk", "clickedPart")
VALUE = script("recorder/walk", "recordedValue")
COLUMNS = script("recorder/walk", "columnsOf")
SAME = script("recorder/walk", "isSame")
WITHIN = script("recorder/walk", "isWithin")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedControl:
    """A control that a recorded action used, or a field that the page filled by itself.

    Attributes:
        kind: ``field``, ``button``, ``link`` or ``option``.
        words: Its label, as a person reads it.
        value: The value that a field showed when the form was full, or the chosen option.
        place: Address of the page before the action, without the host.
        line: Its line in a grid, from 0; -1 outside of a grid.
        offered: Whether its value is an option that the page offered.
        computed: Whether the page filled it by itself.
        secret: Whether it is a password field.
        seen: The fingerprint of a field.
    """

    kind: str
    words: str
    value: str = ""
    place: str = ""
    line: int = -1
    offered: bool = False
    computed: bool = False
    secret: bool = False
    seen: Fingerprint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLookup:
    """How a record is looked up.

    Attributes:
        address: Address of the list, with ``{reference}`` in it; or, without that, the address of
            the page with the search field.
        column: Heading of the column with the reference.
        own: Heading of the column with the record's own number.
        field: Label of the search field; empty if the address contains the reference.
        button: Label of the search button; empty if Enter starts the search.
        none: Text of the list when there is no such record; empty if unknown.
        double: Whether a double click opens the record.
    """

    address: str
    column: str
    own: str
    field: str = ""
    button: str = ""
    none: str = ""
    double: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedPath:
    """The controls of a replayed recording.

    Attributes:
        before: The controls up to the last field of the form, in order.
        computed: The fields of the full form that the page filled by itself.
        submit: Labels of the buttons that save the record.
        lookup: How the record was looked up.
    """

    before: tuple[RecordedControl, ...]
    computed: tuple[RecordedControl, ...]
    submit: tuple[str, ...]
    lookup: RecordLookup


def walk(screen: Screen, plan: RecordingPlan) -> ReplayedPath:
    """Replay the recording *plan* and return its controls.

    Raises:
        UsageError: A target's description cannot express a part of it.
        ApplicationException: The page differs from the recording.
    """
    if not isinstance(screen, PlaywrightScreen):
        raise TypeError("a recording is replayed on a PlaywrightScreen")
    page: Page = screen.page
    before: list[RecordedControl] = []
    handles: list[ElementHandle | None] = []
    for act in plan.before:
        control, handle = _replay_act(page, act)
        if control is not None:
            before.append(control)
            handles.append(handle)
    _wait_idle(page)
    filled = tuple(
        _with_value(control, handle) for control, handle in zip(before, handles, strict=True)
    )
    computed = _untouched(page, handles)
    submit, rest = _submit(page, plan)
    typed = plan.search - len(submit)
    for act in rest[:typed]:
        _replay_act(page, act)
    lookup = _replay_lookup(screen, rest[typed], rest[typed + 1 :], plan.value)
    return ReplayedPath(before=filled, computed=computed, submit=submit, lookup=lookup)


def _replay_act(page: Page, act: Act) -> tuple[RecordedControl | None, ElementHandle | None]:
    """Perform one action; return the control that it used, and its element if it is a field."""
    where = within_host(page.url)
    if act.kind == "goto":
        page.goto(act.text)
        return None, None
    locator = _locator(page, act)
    handle = locator.element_handle()
    control = _field(page, handle, act, where) if sets_value(act) else _clicked(handle, act, where)
    _do(locator, act)
    _wait_idle(page)
    return control, handle if control is not None and control.kind == "field" else None


def _do(locator: Locator, act: Act) -> None:
    if act.kind == "fill":
        locator.fill(act.text)
    elif act.kind == "choose":
        locator.select_option(act.text)
    elif act.kind == "tick":
        locator.set_checked(act.text == "yes")
    elif act.kind == "press":
        locator.press(act.text)
    elif act.kind == "dblclick":
        locator.dblclick()
    else:
        locator.click()


def _locator(page: Page, act: Act) -> Locator:
    found: Any = page
    for link in act.way:
        part = getattr(found, link.name)
        found = part if link.arguments is None else part(*link.arguments, **dict(link.keywords))
    return found  # type: ignore[no-any-return]  # the links were checked when they were read


def _field(page: Page, handle: ElementHandle, act: Act, where: str) -> RecordedControl:
    candidate, fields = _candidate(page, handle)
    words = name_of(candidate.seen)
    row = _line(candidate, fields)
    control = RecordedControl(
        kind="field",
        words=words,
        value=act.text,
        place=where,
        line=row,
        secret=candidate.seen.type == "password",
        seen=candidate.seen,
    )
    found = choose(words, fields, None, row if row >= 0 else None).field
    if found is not candidate and not control.secret:
        raise UsageError(
            f"line {act.line} of the recording fills a field whose label ({words or 'none'}) does"
            " not identify it; a target for this page needs a pages.py"
        )
    return control


def _candidate(page: Page, handle: ElementHandle) -> tuple[Candidate, list[Candidate]]:
    """Return the field of an element, and all fields of the page."""
    frames, fields = look(page)
    for candidate in fields:
        other = frames[candidate.frame].evaluate_handle(KEPT, candidate.place)
        same = handle.owner_frame() == frames[candidate.frame]
        if same and handle.evaluate(WITHIN, other):
            return candidate, fields
    raise UsageError("the recording fills an element that is not a visible field")


def _line(candidate: Candidate, fields: Sequence[Candidate]) -> int:
    if not candidate.seen.header:
        return -1
    same = {
        one.line
        for one in fields
        if (one.frame, one.grid) == (candidate.frame, candidate.grid) and one.seen.header
    }
    return sorted(same).index(candidate.line)


def _clicked(handle: ElementHandle, act: Act, where: str) -> RecordedControl:
    kind, words = handle.evaluate(CLICKED)
    if chosen_option(act):
        return RecordedControl(kind="option", words=words, value=words, place=where)
    return RecordedControl(kind=kind, words=words, place=where)


def _with_value(control: RecordedControl, handle: ElementHandle | None) -> RecordedControl:
    """Return *control* with the value that its field shows now, if the page is still open."""
    if handle is None or control.secret:
        return control
    with contextlib.suppress(Error):
        return replace(control, value=str(handle.evaluate(VALUE)))
    return control


def _untouched(page: Page, handles: Sequence[ElementHandle | None]) -> tuple[RecordedControl, ...]:
    """Return the fields with a value that the recording did not type."""
    frames, fields = look(page)
    found = []
    for candidate in fields:
        element = frames[candidate.frame].evaluate_handle(KEPT, candidate.place).as_element()
        if element is None or any(_same(element, handle) for handle in handles):
            continue
        control = RecordedControl(
            kind="field",
            words=name_of(candidate.seen),
            value=str(element.evaluate(VALUE)),
            line=_line(candidate, fields),
            computed=True,
            seen=candidate.seen,
        )
        found += [control] if control.value else []
    return tuple(found)


def _same(element: ElementHandle, handle: ElementHandle | None) -> bool:
    if handle is None:
        return False
    try:
        return bool(handle.evaluate(SAME, element))
    except Error:  # its page was left
        return False


def _submit(page: Page, plan: RecordingPlan) -> tuple[tuple[str, ...], tuple[Act, ...]]:
    """Return the labels of the buttons that save the record, and the actions after them."""
    words: list[str] = []
    for act in plan.after[: plan.search]:
        if act.kind not in {"click", "dblclick"}:
            break
        locator = _locator(page, act)
        if words and not locator.count():  # it appears after the click on the one before
            words.append(str(dict(act.way[-1].keywords).get("name", "")))
            continue
        kind, text = locator.element_handle().evaluate(CLICKED)
        if kind == "link":
            break
        words.append(text)
    if not words or not all(words):
        raise UsageError("the recording clicks no button that saves the record")
    return tuple(words), plan.after[len(words) :]


def _replay_lookup(
    screen: PlaywrightScreen, typed: Act, acts: Sequence[Act], reference: str
) -> RecordLookup:
    """Replay the lookup up to the record's row, and return how the record is looked up."""
    page = screen.page
    start, (field, _) = page.url, _replay_act(page, typed)
    heading = own = address = button = ""
    at = 0
    for act in acts:
        address = within_host(page.url)
        if act.kind in {"click", "dblclick"} and act.way:
            handle = _locator(page, act).element_handle()
            heading, own = handle.evaluate(COLUMNS, reference)
            if heading:
                break
            button = _clicked(handle, act, address).words
        _replay_act(page, act)
        at += 1
    for written in (quote(reference, safe=""), quote_plus(reference)):
        address = address.replace(written, PLACE)
    double = any(act.kind == "dblclick" for act in acts[at:])
    found = RecordLookup(address=address, column=heading, own=own, double=double)
    if heading and PLACE in address:
        return found
    if not heading or at != 1 or field is None or not (button or acts[0].way == typed.way):
        raise UsageError(
            "a target cannot describe this lookup: it needs a list with column headings, and either"
            " an address that contains the reference, or a search field followed by nothing but"
            " Enter or one button; write a pages.py for it"
        )
    none = _empty_list_words(
        screen, start, [replace(typed, text=UNUSED_REFERENCE), acts[0]], heading
    )
    return replace(found, address=field.place, field=field.words, button=button, none=none)


def _empty_list_words(
    screen: PlaywrightScreen, start: str, search: Sequence[Act], words: str
) -> str:
    """Search for an unused reference, and return the text that the list shows instead of records.

    A text that changes, such as "Loading", does not count.
    """
    page = screen.page
    with contextlib.suppress(Error):  # the address alone does not open its page
        page.goto(start)
        for act in search:
            _do(_locator(page, act), act)
            _wait_idle(page)
        page.wait_for_timeout(STABLE_MS)
        first = _words_of_only_row(read_page(screen), words)
        page.wait_for_timeout(STABLE_MS)
        return first if first == _words_of_only_row(read_page(screen), words) else ""
    return ""


def _words_of_only_row(seen: PageState, words: str) -> str:
    """Return the text of a list's only row if it is not a record: one text without digits."""
    lists = [one for one in seen.tables if column_number(one["headers"], words) is not None]
    rows = [row["cells"] for one in lists for row in one["rows"]]
    said = {cell for cells in rows for cell in cells if cell}
    only = said.pop() if len(rows) == 1 and len(rows[0]) > 1 and len(said) == 1 else ""
    return "" if any(map(str.isdigit, only)) else only


def _wait_idle(page: Page) -> None:
    with contextlib.suppress(LateError):
        page.wait_for_load_state("networkidle", timeout=QUIET_MS)


def within_host(address: str) -> str:
    """Return an address without its host, but with its fragment, which often names the page."""
    parts = urlsplit(address)
    query = f"?{parts.query}" if parts.query else ""
    return parts.path + query + (f"#{parts.fragment}" if parts.fragment else "")
