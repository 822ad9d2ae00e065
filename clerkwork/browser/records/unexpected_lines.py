"""Lines of a form that the item does not have, such as those of a saved draft or a copied order."""

from playwright.sync_api import Error
from pydantic import BaseModel

from clerkwork.browser.locate.locate import LocatedField, find_fields, look
from clerkwork.browser.page.controls import VALUE
from clerkwork.browser.page.grid_rows import Look, count_lines
from clerkwork.browser.page.item_values import is_text, line_model
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.model.project.target_form import TargetField, TargetForm

CHOSEN = frozenset({"select", "button"})  # even a blank line has a choice selected


def unexpected_lines(
    screen: PlaywrightScreen, form: TargetForm, item: BaseModel, seen: Look | None = None
) -> list[str]:
    """Return a sentence for each line of the form that the item does not have.

    A line counts if one of its text fields is filled; even a blank line may have numbers and
    choices.

    Args:
        screen: The screen that shows the form.
        form: The description of the form.
        item: The item that was entered.
        seen: A scan of the page with its lines; None to scan it now.
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
                f"{grid.item}.{row}: the form of {screen.target.name} has a line with"
                f" {', '.join(shown)} that the order does not have."
            )
    return said


def _text(screen: PlaywrightScreen, field: TargetField, row: int, seen: Look) -> str:
    """Return the text in the line's field; empty if the line has no such field."""
    wanted = screen.wanted(field.words, row=row)
    (found,) = find_fields(screen.page, [wanted], timeout_s=0, seen=seen)
    if not isinstance(found, LocatedField) or found.seen.tag in CHOSEN:
        return ""
    try:
        return str(found.element.evaluate(VALUE)).strip()
    except Error:  # the page has replaced the field meanwhile
        return ""
