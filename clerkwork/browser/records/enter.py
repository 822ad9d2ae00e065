"""Finds and enters records in a target by its description, without code for the target.

A bot passes ``find_record`` and ``enter_record`` to ``run.effect``. The description is
``config/targets/<name>/target.yaml``.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from clerkwork.browser.locate.text_similarity import normalize
from clerkwork.browser.page.grid_rows import Look
from clerkwork.browser.page.item_values import Part, differences, parts_of
from clerkwork.browser.page.line_match import record_differences
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.custom_pages import custom_function
from clerkwork.browser.records.fill import Fields, unexpected
from clerkwork.browser.records.login import (
    read_idle_page,
    read_page,
    read_page_in_session,
    wait_idle,
)
from clerkwork.browser.records.open_form import click, close_popups, need_rows, reach_form
from clerkwork.browser.records.read_back import form_words, shown_parts
from clerkwork.browser.records.results import Hit, ResultList
from clerkwork.browser.records.submit import submit
from clerkwork.browser.records.unexpected_lines import unexpected_lines
from clerkwork.errors import ApplicationException, BusinessException, ConfigError
from clerkwork.model.bots import Screen
from clerkwork.model.orders import Receipt
from clerkwork.model.project.target_form import Grid, Search, TargetForm

TRIES = 3
TRANSIENT = frozenset({"session_lost", "target_error"})
T = TypeVar("T")


def find_record(screen: Screen, item: BaseModel) -> list[Receipt]:
    """Return a receipt for each completed record that has exactly the item's reference."""
    screen = _require_playwright(screen)
    if (custom := custom_function(screen.pages, "find")) is not None:
        return _with_retries(screen, lambda: list(custom(screen, item)))
    form, search = _form(screen), _search(screen)

    def lookup() -> list[Receipt]:
        results = ResultList(screen, search, _reference(form, item))
        entered = [hit for hit in results.hits() if not _is_incomplete(search, hit)]
        read = [(hit, _receipt(results, form, item, hit)) for hit in entered]
        return [one for hit, one in read if _is_for_reference(one, hit, results.reference)]

    return _with_retries(screen, lookup)


def enter_record(screen: Screen, item: BaseModel) -> Receipt:
    """Fill the form, read every field and line back, submit once, and return the confirmation.

    If the target has an incomplete record with this reference, it is completed if it equals the
    item, and otherwise left to a person.
    """
    screen = _require_playwright(screen)
    if (custom := custom_function(screen.pages, "enter")) is not None:
        return Receipt.model_validate(custom(screen, item))
    form = _form(screen)
    search = None if custom_function(screen.pages, "find") else screen.target.search
    screen.hide(part.text for part in parts_of(item, form) if part.field.secret)
    buttons = _with_retries(screen, partial(_prepare, screen, form, search, item))
    number = submit(screen, form, buttons)
    return Receipt(confirmation=number, reference=_reference(form, item))


def _with_retries(screen: PlaywrightScreen, work: Callable[[], T]) -> T:
    """Return the result of *work*; retry it if the session ends or the target fails meanwhile.

    Only for work that submits nothing.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except ApplicationException as error:
            if error.code not in TRANSIENT:
                raise
            screen.log("Retrying: {problem}", problem=error)
    return work()


def _prepare(
    screen: PlaywrightScreen, form: TargetForm, search: Search | None, item: BaseModel
) -> Sequence[str]:
    """Bring the page to the state before the submit; return the labels of the submit buttons."""
    if search is not None and search.complete:
        results = ResultList(screen, search, _reference(form, item))
        incomplete = [
            hit
            for hit in results.hits()
            if hit.exact
            or _is_for_reference(_receipt(results, form, item, hit), hit, results.reference)
        ]
        if incomplete:
            return _complete(results, form, item, incomplete)
    reach_form(screen, form)
    if (lead := custom_function(screen.pages, "open_form")) is not None:
        lead(screen, item)
        wait_idle(screen)
    close_popups(screen, form)
    parts = parts_of(item, form)
    screen.keep_record(parts, _fill(screen, form, item, parts))
    return form.submit


def _require_playwright(screen: Screen) -> PlaywrightScreen:
    if not isinstance(screen, PlaywrightScreen):
        raise TypeError("records are entered through a PlaywrightScreen")
    return screen


def _form(screen: PlaywrightScreen) -> TargetForm:
    if screen.target.form is None:
        raise _undescribed(screen, "form")
    return screen.target.form


def _search(screen: PlaywrightScreen) -> Search:
    if screen.target.search is None:
        raise _undescribed(screen, "search")
    return screen.target.search


def _undescribed(screen: PlaywrightScreen, part: str) -> ConfigError:
    file = f"config/targets/{screen.target.name}/target.yaml"
    return ConfigError(file, f"`{part}` is missing; the bot needs it to enter and find records")


def _reference(form: TargetForm, item: BaseModel) -> str:
    return str(getattr(item, form.reference))


def _is_incomplete(search: Search, hit: Hit) -> bool:
    complete = {normalize(state) for state in search.complete}
    return bool(complete) and normalize(hit.state) not in complete


def _receipt(results: ResultList, form: TargetForm, item: BaseModel, hit: Hit) -> Receipt:
    screen = results.screen
    results.open(hit)
    wanted = [part for part in parts_of(item, form) if part.field.viewed]
    seen = read_page_in_session(screen)
    shown = shown_parts(seen, form, item)
    number = hit.confirmation or seen.value(results.search.confirmation)
    if not number:
        raise unexpected(screen, f"its record shows no {results.search.confirmation}")
    if not hit.exact and form.reference not in shown:
        words = form.fields[form.reference].on_record
        raise unexpected(screen, f"its record shows no {words}")
    return Receipt(
        confirmation=number,
        reference=shown.get(form.reference, _reference(form, item)),
        differences=record_differences(screen.target.name, form, wanted, shown),
    )


def _is_for_reference(receipt: Receipt, hit: Hit, reference: str) -> bool:
    """Return whether a record has *reference*, if its row in the list left that open."""
    return hit.exact or normalize(receipt.reference) == normalize(reference)


def _fill(
    screen: PlaywrightScreen, form: TargetForm, item: BaseModel, parts: Sequence[Part]
) -> dict[str, str]:
    """Fill the form and read it back; values that differ are corrected once.

    Returns:
        The values that the form shows in the end, by path.

    Raises:
        ApplicationException: ``read_back_mismatch``: values still differ.
    """
    fields = Fields(screen, eager=form.eager, slow=set(screen.slow))
    texts = [part for part in parts if part.field.entry == "shown"]
    parts = [part for part in parts if part.field.entry != "shown"]
    head = [part for part in parts if part.row is None]
    lines = [part for part in parts if part.row is not None]
    if form.lines is not None and form.lines.entry == "single":
        fields.write(head)
        shown = _fill_one_by_one(screen, form.lines, fields.slow, lines)
        shown |= _read_back(fields, head)
        _compare_grid(screen, form, item)
    elif form.lines is not None and form.lines.entry == "row":
        fields.write(head)
        _fill_rows(screen, form.lines, fields, lines)
        shown = _read_back(fields, parts)
        _refuse_unexpected_lines(screen, form, item)
    else:
        if form.lines is not None:
            seen = need_rows(screen, form.lines, 1 + max(part.row or 0 for part in lines))
            fields.find(parts, seen)
            _refuse_unexpected_lines(screen, form, item, seen)
        read = fields.write([*lines, *head] if form.eager else parts)
        shown = _read_back(fields, parts, read)
    screen.learn_slow(fields.slow)
    return shown | _compare_texts(screen, form, item, texts)


def _fill_rows(screen: PlaywrightScreen, grid: Grid, fields: Fields, lines: Sequence[Part]) -> None:
    """Fill one line after another, each in its own row, and wait for the page after each."""
    for row in sorted({part.row for part in lines if part.row is not None}):
        need_rows(screen, grid, row + 1)
        fields.write([part for part in lines if part.row == row])
        fields.forget(lines)  # the page may have rebuilt the grid


def _fill_one_by_one(
    screen: PlaywrightScreen, grid: Grid, slow: set[str], lines: Sequence[Part]
) -> dict[str, str]:
    """Fill one line after another in the same fields; a button adds each line to the record."""
    shown: dict[str, str] = {}
    last = max((part.row or 0 for part in lines), default=-1)
    for row in range(last + 1):
        custom = [part for part in lines if part.row == row]
        if grid.add is not None and (row == 0 or grid.next is None):
            click(screen, grid.add)
            wait_idle(screen)
        fields = Fields(screen, grid_row=False, slow=slow)
        shown |= _read_back(fields, custom, fields.write(custom))
        click(screen, str(grid.done if row == last or grid.next is None else grid.next))
        wait_idle(screen)
    return shown


def _read_back(
    fields: Fields, parts: Sequence[Part], read: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Compare every field with its value; type each differing one again and compare again.

    Args:
        fields: The form's fields.
        parts: The values that they should show.
        read: The values that the fields showed when they were written, if nothing was done on the
            page since.
    """
    shown = dict(read or fields.shown(parts))
    wrong = [part for part in parts if shown[part.path] != part.text]
    if not wrong:
        return shown
    screen = fields.screen
    screen.log("Corrected in the form: {fields}.", fields=", ".join(part.path for part in wrong))
    for part in wrong:
        fields.learn(part)
        fields.write_alone(part)
    shown = fields.shown(parts)
    if said := differences(screen.target.name, parts, shown):
        raise _mismatch(said)
    return shown


def _compare_texts(
    screen: PlaywrightScreen, form: TargetForm, item: BaseModel, parts: Sequence[Part]
) -> dict[str, str]:
    """Compare values that the page computes and shows as text; return them by path."""
    if not parts:
        return {}
    seen = shown_parts(read_idle_page(screen), form, item, words=form_words, stored=False)
    shown = {part.path: seen.get(part.path, "") for part in parts}
    if said := differences(screen.target.name, parts, shown):
        raise _mismatch(said)
    return shown


def _compare_grid(screen: PlaywrightScreen, form: TargetForm, item: BaseModel) -> None:
    """Compare the lines that the form shows after they were added one by one."""
    wanted = [part for part in parts_of(item, form) if part.row is not None and part.field.viewed]
    seen = shown_parts(read_page(screen), form, item, words=form_words)
    shown = {path: text for path, text in seen.items() if path not in form.fields}
    if said := record_differences(screen.target.name, form, wanted, shown):
        raise _mismatch(said)


def _refuse_unexpected_lines(
    screen: PlaywrightScreen, form: TargetForm, item: BaseModel, seen: Look | None = None
) -> None:
    """Refuse a form with lines that the item does not have; they would be saved with it."""
    if said := unexpected_lines(screen, form, item, seen):
        raise _mismatch(said)


def _mismatch(said: Sequence[str]) -> ApplicationException:
    return ApplicationException(
        "read_back_mismatch",
        "The form does not show the values that were typed: {differences}",
        differences=" ".join(said),
    )


def _complete(
    results: ResultList, form: TargetForm, item: BaseModel, incomplete: Sequence[Hit]
) -> Sequence[str]:
    """Open the incomplete record if it equals the item; return the buttons that complete it."""
    screen = results.screen
    if len(incomplete) > 1 or not _is_incomplete(results.search, incomplete[0]):
        numbers = ", ".join(hit.confirmation or "without a number" for hit in incomplete)
        raise _conflict(screen, item, form, f"there are several: {numbers}")
    receipt = _receipt(results, form, item, incomplete[0])
    if receipt.differences:
        raise _conflict(screen, item, form, " ".join(receipt.differences))
    shown = [words for words in form.submit if _is_enabled(screen, words)]
    screen.log("Completing an incomplete record at {target}.", target=screen.target.name)
    screen.keep("before_submit")
    return shown or form.submit[-1:]


def _is_enabled(screen: PlaywrightScreen, words: str) -> bool:
    button = screen.page.get_by_role("button", name=words, exact=True)
    return bool(button.count()) and button.first.is_visible() and button.first.is_enabled()


def _conflict(
    screen: PlaywrightScreen, item: BaseModel, form: TargetForm, reason: str
) -> BusinessException:
    return BusinessException(
        "begun_elsewhere",
        "{target} has an incomplete record {reference} that differs from this item: {reason}",
        fields=(form.reference,),
        target=screen.target.name,
        reference=_reference(form, item),
        reason=reason,
    )
