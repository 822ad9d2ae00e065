"""Lines that a form holds beside those of the item: of a draft it kept, or another order's copy."""

from playwright.sync_api import Error
from pydantic import BaseModel

from clerkwork.browser.locate.locate import LocatedField, find_fields, look
from clerkwork.browser.page.controls import VALUE
from clerkwork.browser.page.grid_rows import Look, count_lines
from clerkwork.browser.page.item_values import is_text, line_model
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.model.project.target_form import TargetField, TargetForm

CHOSEN = frozenset({"select", "button"})  # a blank line has something chosen, too


def unexpected_lines(
    screen: PlaywrightScreen, form: TargetForm, item: BaseModel, seen: Look | None = None
) -> list[str]:
    """Return a sentence for each line of the form that the item does not have.

    A line counts when one of its texts is filled; numbers and choices stand in blank lines as well.

    Args:
        screen: Where the form is.
        form: Its description.
        item: What it was filled with.
        seen: A look at the page that was taken when the lines stood there; None: it is looked at.
    """
    grid, model = form.lines, line_model(item, form)
    if grid is None or model is None:
        return []
    seen = seen or look(screen.page)
    first = len(getattr(item, grid.item))
    count = count_lines(seen[1], [field.words for field in grid.fields.values()])
    texts = [
        field
        for name, field in grid.fields.items()
        if field.entry in {"typed", "offered"} and is_text(model, name)
    ]
    said = []
    for row in range(first, count):
        shown = [text for field in texts if (text := _text(screen, field, row, seen))]
        if shown:
            said.append(
                f"{grid.item}.{row}: the form of {screen.target.name} holds {', '.join(shown)} in"
                " a line that the order does not have."
            )
    return said


def _text(screen: PlaywrightScreen, field: TargetField, row: int, seen: Look) -> str:
    """Return what stands in the line's field; nothing where the line has no such field."""
    wanted = screen.wanted(field.words, row=row)
    (found,) = find_fields(screen.page, [wanted], timeout_s=0, seen=seen)
    if not isinstance(found, LocatedField) or found.seen.tag in CHOSEN:
        return ""
    try:
        return str(found.element.evaluate(VALUE)).strip()
    except Error:  # the page has replaced it meanwhile
        return ""
