"""Finding and entering records in a target that is described by its words: no code of its own.

``find_record`` and ``enter_record`` are what a bot hands to ``run.effect``; the pages they work on
are described in ``config/targets/<name>/target.yaml``.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from playwright.sync_api import Error
from pydantic import BaseModel

from clerkwork.browser.access import (
    Seen,
    calm,
    check,
    column,
    go_to,
    see,
    see_calm,
    session_lost,
)
from clerkwork.browser.filling import Fields, unexpected
from clerkwork.browser.growing import Look, grown, lines_of
from clerkwork.browser.listing import Hit, Listing
from clerkwork.browser.own_pages import own_function
from clerkwork.browser.screen import PlaywrightScreen
from clerkwork.browser.values import Part, differences, line_model, parts_of, read_as
from clerkwork.browser.words import plain
from clerkwork.errors import ApplicationException, BusinessException, ConfigError
from clerkwork.model.bots import Screen
from clerkwork.model.forms import Form, Grid, Search
from clerkwork.model.orders import Receipt

TRIES = 3
PASSING = frozenset({"session_lost", "target_error"})
T = TypeVar("T")


def find_record(screen: Screen, item: BaseModel) -> list[Receipt]:
    """Return a receipt for each record with exactly the item's reference that is entered."""
    screen = _own(screen)
    if (own := own_function(screen.pages, "find")) is not None:
        return _begun_again(screen, lambda: list(own(screen, item)))
    form, search = _described(screen)

    def look_up() -> list[Receipt]:
        listing = Listing(screen, search, _reference(form, item))
        entered = [hit for hit in listing.hits() if not _begun(search, hit)]
        return [_receipt(listing, form, item, hit) for hit in entered]

    return _begun_again(screen, look_up)


def enter_record(screen: Screen, item: BaseModel) -> Receipt:
    """Fill the form, read every field and line back, submit once, and return the confirmation.

    A record of this reference that was begun and not completed is completed when it shows exactly
    what the item says, and left to a person when it does not.
    """
    screen = _own(screen)
    if (own := own_function(screen.pages, "enter")) is not None:
        return Receipt.model_validate(own(screen, item))
    form, search = _described(screen)
    screen.hide(part.text for part in parts_of(item, form) if part.field.secret)
    buttons = _begun_again(screen, partial(_prepare, screen, form, search, item))
    screen.about_to_submit()
    return _submit(screen, form, item, buttons)


def _begun_again(screen: PlaywrightScreen, work: Callable[[], T]) -> T:
    """Return what *work* returns; it is begun again where the target failed in the midst of it.

    For what submits nothing: the session may end, a page or what it asks for may not come.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except ApplicationException as error:
            if error.code not in PASSING:
                raise
            screen.log("Begun again: {problem}", problem=error)
    return work()


def _prepare(
    screen: PlaywrightScreen, form: Form, search: Search, item: BaseModel
) -> Sequence[str]:
    """Have the page show everything that is to be submitted; return the buttons that do it."""
    listing = Listing(screen, search, _reference(form, item))
    if search.complete and (begun := listing.hits()):
        return _completed(listing, form, item, begun)
    go_to(screen, form.address)
    for words in form.open:
        screen.click(words)
        calm(screen)
    if (lead := own_function(screen.pages, "open_form")) is not None:
        lead(screen, item)
        calm(screen)
    _close_popups(screen, form)
    parts = parts_of(item, form)
    screen.keep_record(parts, _fill(screen, form, item, parts))
    return form.submit


def _own(screen: Screen) -> PlaywrightScreen:
    if not isinstance(screen, PlaywrightScreen):
        raise TypeError("records are entered through a screen of the toolkit")
    return screen


def _described(screen: PlaywrightScreen) -> tuple[Form, Search]:
    target = screen.target
    if target.form is None or target.search is None:
        file = f"config/targets/{target.name}/target.yaml"
        raise ConfigError(file, "describe `search` and `form`; the bot enters records by them")
    return target.form, target.search


def _reference(form: Form, item: BaseModel) -> str:
    return str(getattr(item, form.reference))


def _begun(search: Search, hit: Hit) -> bool:
    complete = {plain(state) for state in search.complete}
    return bool(complete) and plain(hit.state) not in complete


def _receipt(listing: Listing, form: Form, item: BaseModel, hit: Hit) -> Receipt:
    screen = listing.screen
    listing.open(hit)
    wanted = [part for part in parts_of(item, form) if part.field.viewed]
    shown = _view(see(screen), form, item)
    reference = shown.get(form.reference, _reference(form, item))
    return Receipt(
        confirmation=hit.confirmation,
        reference=reference,
        differences=differences(screen.target.name, wanted, shown),
    )


def _view(seen: Seen, form: Form, item: BaseModel) -> dict[str, str]:
    """Return what a record's page shows of each part of the item, by the path of the part."""
    shown = {}
    for name, field in form.fields.items():
        value = seen.value(field.words) if field.viewed else None
        if value is not None:
            shown[name] = read_as(type(item), name, field, value)
    model = line_model(item, form)
    if form.lines is None or model is None:
        return shown
    columns, rows = _grid(seen, form.lines)
    for number, row in enumerate(rows):
        for name, at in columns.items():
            cell = row["cells"][at] if at < len(row["cells"]) else ""
            field = form.lines.fields[name]
            shown[f"{form.lines.item}.{number}.{name}"] = read_as(model, name, field, cell)
    return shown


def _grid(seen: Seen, grid: Grid) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Return the columns and the rows of the table that shows the lines."""
    best: tuple[dict[str, int], list[dict[str, Any]]] = ({}, [])
    for table in seen.tables:
        columns = {
            name: at
            for name, field in grid.fields.items()
            if field.viewed and (at := column(table["headers"], field.words)) is not None
        }
        if len(columns) > len(best[0]):
            best = (columns, table["rows"])
    return best


def _close_popups(screen: PlaywrightScreen, form: Form) -> None:
    """End the pop-ups that lie over the form now."""
    for words in form.close:
        button = screen.page.get_by_role("button", name=words, exact=True)
        if button.count() and button.first.is_visible():
            button.first.click()
            calm(screen)


def _fill(
    screen: PlaywrightScreen, form: Form, item: BaseModel, parts: Sequence[Part]
) -> dict[str, str]:
    """Fill the form and read it back; what differs is put right once.

    Returns:
        What the form showed of each part in the end, by its path.

    Raises:
        ApplicationException: ``read_back_mismatch``: it still differs.
    """
    fields = Fields(screen, eager=form.eager, slow=set(screen.slow))
    head = [part for part in parts if part.row is None]
    lines = [part for part in parts if part.row is not None]
    if form.lines is not None and form.lines.entry == "single":
        fields.write(head)
        shown = _fill_singly(screen, form.lines, fields.slow, lines)
        shown |= _read_back(fields, head)
        _compare_grid(screen, form, item)
    elif form.lines is not None and form.lines.entry == "row":
        fields.write(head)
        _fill_rows(screen, form.lines, fields, lines)
        shown = _read_back(fields, parts)
    else:
        if form.lines is not None:
            seen = _need_rows(screen, form.lines, 1 + max(part.row or 0 for part in lines))
            fields.find(parts, seen)
        fields.write([*lines, *head] if form.eager else parts)
        shown = _read_back(fields, parts)
    screen.learn_slow(fields.slow)
    return shown


def _fill_rows(screen: PlaywrightScreen, grid: Grid, fields: Fields, lines: Sequence[Part]) -> None:
    """Fill one line after another, each in its row; the page answers after each."""
    for row in sorted({part.row for part in lines if part.row is not None}):
        _need_rows(screen, grid, row + 1)
        fields.write([part for part in lines if part.row == row])
        fields.forget(lines)  # the page may have built the grid anew


def _need_rows(screen: PlaywrightScreen, grid: Grid, wanted: int) -> Look | None:
    """Have the grid get so many lines; return the look at the page in which it has them."""
    words = [field.words for field in grid.fields.values()]
    seen = grown(screen.page, words, grid.add, wanted)
    check(screen)
    if lines_of(seen[1], words) >= wanted:
        return seen
    calm(screen)
    rows = screen.grid_rows(words)
    for row in range(rows, wanted):
        if grid.add is None:
            raise unexpected(screen, f"its grid has no line {row + 1}")
        screen.click(grid.add)
        calm(screen)
    return None


def _fill_singly(
    screen: PlaywrightScreen, grid: Grid, slow: set[str], lines: Sequence[Part]
) -> dict[str, str]:
    """Fill one line after another in the one set of fields; a button takes each over."""
    shown: dict[str, str] = {}
    last = max((part.row or 0 for part in lines), default=-1)
    for row in range(last + 1):
        own = [part for part in lines if part.row == row]
        if grid.add is not None and (row == 0 or grid.next is None):
            screen.click(grid.add)
            calm(screen)
        fields = Fields(screen, grid_row=False, slow=slow)
        fields.write(own)
        shown |= _read_back(fields, own)
        screen.click(str(grid.done if row == last or grid.next is None else grid.next))
        calm(screen)
    return shown


def _read_back(fields: Fields, parts: Sequence[Part]) -> dict[str, str]:
    """Compare every field with what it should show; type once more what does not."""
    shown = fields.shown(parts)
    wrong = [part for part in parts if shown[part.path] != part.text]
    if not wrong:
        return shown
    screen = fields.screen
    screen.log("Put right in the form: {fields}.", fields=", ".join(part.path for part in wrong))
    for part in wrong:
        fields.learn(part)
        fields.write_alone(part)
    shown = fields.shown(parts)
    if said := differences(screen.target.name, parts, shown):
        raise _mismatch(said)
    return shown


def _compare_grid(screen: PlaywrightScreen, form: Form, item: BaseModel) -> None:
    """Compare the lines as the form shows them after they were taken over."""
    wanted = [part for part in parts_of(item, form) if part.row is not None and part.field.viewed]
    shown = {path: text for path, text in _view(see(screen), form, item).items() if "." in path}
    if said := differences(screen.target.name, wanted, shown):
        raise _mismatch(said)


def _mismatch(said: Sequence[str]) -> ApplicationException:
    return ApplicationException(
        "read_back_mismatch",
        "The form does not show what was typed: {differences}",
        differences=" ".join(said),
    )


def _completed(
    listing: Listing, form: Form, item: BaseModel, begun: Sequence[Hit]
) -> Sequence[str]:
    """Show a record that was begun, when it says exactly what the item does."""
    screen = listing.screen
    if len(begun) > 1 or not _begun(listing.search, begun[0]):
        numbers = ", ".join(hit.confirmation or "without a number" for hit in begun)
        raise _unclear(screen, item, form, f"there are several: {numbers}")
    receipt = _receipt(listing, form, item, begun[0])
    if receipt.differences:
        raise _unclear(screen, item, form, " ".join(receipt.differences))
    shown = [words for words in form.submit if _is_enabled(screen, words)]
    screen.log("Completing the order that was begun at {target}.", target=screen.target.name)
    screen.keep("before_submit")
    return shown or form.submit[-1:]


def _is_enabled(screen: PlaywrightScreen, words: str) -> bool:
    button = screen.page.get_by_role("button", name=words, exact=True)
    return bool(button.count()) and button.first.is_visible() and button.first.is_enabled()


def _unclear(
    screen: PlaywrightScreen, item: BaseModel, form: Form, reason: str
) -> BusinessException:
    return BusinessException(
        "begun_elsewhere",
        "At {target} a record {reference} was begun that is not this one: {reason}",
        fields=(form.reference,),
        target=screen.target.name,
        reference=_reference(form, item),
        reason=reason,
    )


def _submit(
    screen: PlaywrightScreen, form: Form, item: BaseModel, buttons: Sequence[str]
) -> Receipt:
    """Click once and wait for the target's answer; whatever else comes is not tried again."""
    try:
        for words in buttons:
            screen.click(words)
            seen = see_calm(screen)
    except (Error, ApplicationException) as error:
        raise _no_confirmation(screen, str(error).splitlines()[0]) from None
    if seen.asks:
        raise session_lost(screen)
    number = seen.value(form.confirmation)
    if not number or not _is_complete(screen, seen):
        said = " ".join(seen.alerts) or str(screen.page.title())
        raise _no_confirmation(screen, said[:300])
    screen.keep_text("confirmation", seen.text)
    return Receipt(confirmation=number, reference=_reference(form, item))


def _is_complete(screen: PlaywrightScreen, seen: Seen) -> bool:
    """Return whether the record's state, where the target has one, is that of an entered one."""
    search = screen.target.search
    if search is None or search.state is None or not search.complete:
        return True
    return plain(seen.value(search.state) or "") in {plain(state) for state in search.complete}


def _no_confirmation(screen: PlaywrightScreen, reason: str) -> ApplicationException:
    return ApplicationException(
        "no_confirmation",
        "{target} did not confirm the record after it was submitted: {reason}",
        target=screen.target.name,
        reason=reason,
    )
