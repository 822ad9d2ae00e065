"""Going the recorded way once more, up to the last field, and looking at everything on it.

It runs in the browser's process. Nothing is stored: the buttons that would store the record are
looked at and not clicked, because the record stands in the target since it was recorded.
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
from clerkwork.errors import UsageError
from clerkwork.model.bots import Screen
from clerkwork.model.project.locators import Fingerprint

QUIET_MS = 5_000
STABLE_MS = 2_000  # so long a list says what it says where there is nothing
PLACE = "{reference}"
_SHOWN = """element => [element.closest("a[href]") ? "link" : "button",
  (element.getAttribute("aria-label") || element.innerText || element.value || element.title || "")
    .replace(/\\s+/g, " ").trim()]"""
_VALUE = """element => element.tagName === "SELECT"
  ? element.selectedOptions[0]?.text.trim() ?? ""
  : /^(checkbox|radio)$/.test(element.type) ? (element.checked ? "yes" : "no")
  : element.value ?? element.innerText.trim()"""
_COLUMNS = """(clicked, reference) => {
  const row = clicked.closest("tr, [role=row]");
  const table = row?.closest("table, [role=grid], [role=table]");
  const head = [...(table?.querySelectorAll("tr, [role=row]") ?? [])].find(
    one => one !== row && one.querySelector("th, [role=columnheader]"));
  if (!head) return ["", ""];
  const over = cell => cell ? head.children[[...row.children].indexOf(cell)]?.innerText.trim() : "";
  const own = [...row.children].find(cell => cell.contains(clicked) && cell !== row);
  return [over([...row.children].find(cell => cell.innerText.trim() === reference)), over(own)];
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedControl:
    """What an act of the recording met on the page.

    Attributes:
        kind: A ``field``, a ``button`` or a ``link``.
        words: What a person calls it.
        value: What the field showed when the form was full, or what was taken of its offers.
        place: The page's address before the act, without the host.
        line: Its line in a grid, from 0, or -1.
        offered: Its value was taken from what the page offered.
        computed: Nobody typed its value.
        secret: It is a password's.
        seen: What a field looks like.
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
        address: Of the list; without a place for the reference, of the page that has the field.
        column: Heading of the column that shows the reference there.
        own: Heading of the column that shows the record's own number.
        field: What stands at the field of the search, where the address has no such place.
        button: The button of that search; empty where Enter starts it.
        none: What the list says where there is no such record, as far as it is known.
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
    """What was met on the whole way.

    Attributes:
        before: Up to the last field of the form, in sequence.
        computed: The fields of the full form that nobody typed into.
        submit: The words of the buttons that store the record.
        look_up: How the record was looked up.
    """

    before: tuple[RecordedControl, ...]
    computed: tuple[RecordedControl, ...]
    submit: tuple[str, ...]
    lookup: RecordLookup


def walk(screen: Screen, plan: RecordingPlan) -> ReplayedPath:
    """Go the recorded way of *plan* and return what was met on it.

    Raises:
        UsageError: Something of it cannot be said in a target's description.
        ApplicationException: The page did not come to what was recorded.
    """
    if not isinstance(screen, PlaywrightScreen):
        raise TypeError("a recorded way is gone on a screen of the toolkit")
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
    """Do one act, and return what it met."""
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
            f"line {act.line} of the recording fills a field that its words ({words or 'none'}) do"
            " not name alone; a target for this page needs a pages.py"
        )
    return control


def _candidate(page: Page, handle: ElementHandle) -> tuple[Candidate, list[Candidate]]:
    """Return what is known of an element, and all fields of the page."""
    frames, fields = look(page)
    for candidate in fields:
        other = frames[candidate.frame].evaluate_handle(KEPT, candidate.place)
        if handle.owner_frame() == frames[candidate.frame] and handle.evaluate(
            "(one, other) => one === other || other.contains(one)", other
        ):
            return candidate, fields
    raise UsageError("the recording fills something that is no visible field")


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
    kind, words = handle.evaluate(_SHOWN)
    if chosen_option(act):
        return RecordedControl(kind="option", words=words, value=words, place=where)
    return RecordedControl(kind=kind, words=words, place=where)


def _with_value(control: RecordedControl, handle: ElementHandle | None) -> RecordedControl:
    """Return *met* with what its field shows now, unless the page has gone since."""
    if handle is None or control.secret:
        return control
    with contextlib.suppress(Error):
        return replace(control, value=str(handle.evaluate(_VALUE)))
    return control


def _untouched(page: Page, handles: Sequence[ElementHandle | None]) -> tuple[RecordedControl, ...]:
    """Return the fields of the page with a value that nobody typed."""
    frames, fields = look(page)
    found = []
    for candidate in fields:
        element = frames[candidate.frame].evaluate_handle(KEPT, candidate.place).as_element()
        if element is None or any(_same(element, handle) for handle in handles):
            continue
        control = RecordedControl(
            kind="field",
            words=name_of(candidate.seen),
            value=str(element.evaluate(_VALUE)),
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
        return bool(handle.evaluate("(one, other) => one === other", element))
    except Error:  # it was on a page that has gone
        return False


def _submit(page: Page, plan: RecordingPlan) -> tuple[tuple[str, ...], tuple[Act, ...]]:
    """Return the words of the buttons that store the record, and the acts after them."""
    words: list[str] = []
    for act in plan.after[: plan.search]:
        if act.kind not in {"click", "dblclick"}:
            break
        locator = _locator(page, act)
        if words and not locator.count():  # it comes only when the one before was clicked
            words.append(str(dict(act.way[-1].keywords).get("name", "")))
            continue
        kind, text = locator.element_handle().evaluate(_SHOWN)
        if kind == "link":
            break
        words.append(text)
    if not words or not all(words):
        raise UsageError("the recording clicks no button that stores the record")
    return tuple(words), plan.after[len(words) :]


def _replay_lookup(
    screen: PlaywrightScreen, typed: Act, acts: Sequence[Act], reference: str
) -> RecordLookup:
    """Look the record up as it was recorded, up to its row, and return how that is done."""
    page = screen.page
    start, (field, _) = page.url, _replay_act(page, typed)
    heading = own = address = button = ""
    at = 0
    for act in acts:
        address = within_host(page.url)
        if act.kind in {"click", "dblclick"} and act.way:
            handle = _locator(page, act).element_handle()
            heading, own = handle.evaluate(_COLUMNS, reference)
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
            "the look-up cannot be said in a target: it needs a list with headings over its"
            " columns, and either an address that holds the reference, or a field that it is typed"
            " into, with nothing after it but Enter or one button; write a pages.py for it"
        )
    none = _empty_list_words(
        screen, start, [replace(typed, text=UNUSED_REFERENCE), acts[0]], heading
    )
    return replace(found, address=field.place, field=field.words, button=button, none=none)


def _empty_list_words(
    screen: PlaywrightScreen, start: str, search: Sequence[Act], words: str
) -> str:
    """Search for what nobody has, and return what the list says then in place of a record.

    A list that only says that it is still being read says something else after a while.
    """
    page = screen.page
    with contextlib.suppress(Error):  # its page cannot be opened by its address alone
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
    """Return the words of a list's only row where it is no record: one text without figures."""
    lists = [one for one in seen.tables if column_number(one["headers"], words) is not None]
    rows = [row["cells"] for one in lists for row in one["rows"]]
    said = {cell for cells in rows for cell in cells if cell}
    only = said.pop() if len(rows) == 1 and len(rows[0]) > 1 and len(said) == 1 else ""
    return "" if any(map(str.isdigit, only)) else only


def _wait_idle(page: Page) -> None:
    with contextlib.suppress(LateError):
        page.wait_for_load_state("networkidle", timeout=QUIET_MS)


def within_host(address: str) -> str:
    """Return an address without its host; what follows a # names the page in many applications."""
    parts = urlsplit(address)
    query = f"?{parts.query}" if parts.query else ""
    return parts.path + query + (f"#{parts.fragment}" if parts.fragment else "")
