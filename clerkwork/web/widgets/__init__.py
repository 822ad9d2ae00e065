"""Widgets: each ``*.html`` file of this folder draws one kind of input.

It is rendered with the variables ``field`` (a ``FormField``), ``attributes`` (of the element that
has the value) and ``locked`` (whether the form is read-only). At its top it declares:

- ``fits``: dotted names of the classes of its values, such as ``datetime.date``;
- ``from_length``: the number of characters from which it replaces a widget of the same class;
- ``example``: an annotation with a right and a wrong value, for the contract test.

The page posts the value as text under the name in ``attributes``. A widget that posts nothing in
one of its states adds a hidden input with this state's value, named ``else.PATH``.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, nodes

from clerkwork.review.forms import FormField

FOLDER = Path(__file__).parent
FALLBACK = "text"
DECLARED = ("fits", "from_length", "example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One file of this folder.

    Attributes:
        name: The file's name without its suffix; a field asks for it with
            ``Field(json_schema_extra={"widget": NAME})``.
        fits: Dotted names of the classes of its values.
        from_length: The number of characters from which it is chosen.
        example: ``annotation``, ``value`` and ``wrong`` for the contract test.
    """

    name: str
    fits: tuple[str, ...] = ()
    from_length: int = 0
    example: dict[str, str]


@cache
def all_widgets() -> dict[str, Widget]:
    """Return every widget by its name."""
    return {file.stem: _declared(file) for file in sorted(FOLDER.glob("*.html"))}


def widget_of(field: FormField) -> Widget:
    """Return the widget of *field*.

    The widget that the field names comes first, then one for the class of its values, the most
    specific class first, then ``text``.
    """
    found = all_widgets()
    if field.type.widget in found:
        return found[field.type.widget]
    for name in field.type.names or ("builtins.str",):
        fitting = [one for one in found.values() if name in one.fits]
        long_enough = [one for one in fitting if one.from_length <= field.length]
        if long_enough:
            return max(long_enough, key=lambda one: one.from_length)
    return found[FALLBACK]


def template_of(field: FormField) -> str:
    """Return the name of the template that draws *field*."""
    return f"{FOLDER.name}/{widget_of(field).name}.html"


def _declared(file: Path) -> Widget:
    """Return what the assignments at the top of the template say; the template is not rendered."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(
        file.read_text("utf-8")
    )
    said: dict[str, Any] = {
        part.target.name: part.node.as_const()
        for part in tree.body
        if isinstance(part, nodes.Assign)
        and isinstance(part.target, nodes.Name)
        and part.target.name in DECLARED
        and isinstance(part.node, nodes.Expr)
    }
    return Widget(
        name=file.stem,
        fits=tuple(said.get("fits", ())),
        from_length=said.get("from_length", 0),
        example=said["example"],
    )
