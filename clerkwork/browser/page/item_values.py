"""Maps an item's values to the fields of a page, and compares them with what the page shows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import get_args

from pydantic import BaseModel

from clerkwork.model.project.target_form import PLACE, TargetField, TargetForm

PLAIN = "1,234.56"  # the notation of ``<input type=number>``, too
DAY = "%Y-%m-%d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One value of an item and the field that it is entered into.

    Attributes:
        path: Its path in the item, such as ``lines.0.code``.
        text: The value in standard notation: numbers with all decimals, days in ISO format.
        typed: The value in the page's notation, as it is typed.
        field: The description of the field.
        row: Its line, from 0; None for a field of the head.
        decimals: Number of decimals; None if the value is not a number.
        numbers: A sample of the page's number notation, such as ``1.234,56``.
    """

    path: str
    text: str
    typed: str
    field: TargetField
    row: int | None = None
    decimals: int | None = None
    numbers: str = PLAIN

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def shows_pattern(self) -> str:
        """Return a JavaScript pattern for the texts by which the page shows this value."""
        value = re.escape(self.field.values.get(self.text, self.text))
        wild = re.escape(self.field.shown_as).replace(re.escape("*"), ".*")
        return f"^(?:{value}|{wild.replace(re.escape(PLACE), value, 1)})$"

    def read(self, shown: str, *, numbers: str = "") -> str:
        """Return a text of the page in standard notation, comparable with *text*.

        Args:
            shown: The text that the page shows.
            numbers: Sample of the number notation, if it differs from that of the page.
        """
        return _read(self.field, self.decimals, shown, numbers or self.numbers)

    def is_shown(self, shown: str) -> bool:
        """Return whether *shown* is this value in the page's notation."""
        return self.read(shown) == self.text


def parts_of(item: BaseModel, form: TargetForm) -> list[Part]:
    """Return every value of *item* that the form has a field for: the head, then each line."""
    parts = list(_parts(item, form, form.fields, "", None))
    if form.lines is not None:
        for row, line in enumerate(getattr(item, form.lines.item)):
            parts += _parts(line, form, form.lines.fields, f"{form.lines.item}.{row}.", row)
    return parts


def differences(
    target: str, wanted: Iterable[Part], shown: Mapping[str, str], *, line: str = ""
) -> list[str]:
    """Return a sentence for each value that the target does not show as the item has it.

    Args:
        target: Name of the target.
        wanted: The item's values.
        shown: The values that the target shows, by path; a missing path means that it shows none.
        line: The key of the line if all values are of one line, for the message.
    """
    parts = list(wanted)
    texts = {part.path: part.text for part in parts}
    secret = {part.name for part in parts if part.field.secret}
    of = f" ({line})" if line else ""
    return [
        f"{path}{of}: {target} shows a secret value that differs from the order."
        if path.rpartition(".")[2] in secret
        else f"{path}{of}: {target} shows {shown.get(path) or 'nothing'},"
        f" the order says {texts.get(path) or 'nothing'}."
        for path in {**texts, **shown}
        if texts.get(path, "") != shown.get(path, "")
    ]


def fits(pattern: str, text: str) -> bool:
    """Return whether *text* matches *pattern*, in which `*` is any text."""
    return re.fullmatch(re.escape(pattern).replace(re.escape("*"), ".*"), text) is not None


def decimals_of(model: type[BaseModel], name: str) -> int | None:
    """Return the decimals of the field *name* of *model*, or None if it is not a number."""
    info = model.model_fields[name]
    if info.annotation is not Decimal:
        return None
    found = (getattr(one, "decimal_places", None) for one in info.metadata)
    return next((places for places in found if places is not None), 2)


def is_text(model: type[BaseModel], name: str) -> bool:
    """Return whether the field *name* of *model* is a text, optional or not."""
    annotation = model.model_fields[name].annotation
    return str in (annotation, *get_args(annotation))


def line_model(item: BaseModel, form: TargetForm) -> type[BaseModel] | None:
    """Return the model of the item's lines, or None if it has no lines."""
    lines: Sequence[BaseModel] = getattr(item, form.lines.item) if form.lines else ()
    return type(lines[0]) if lines else None


def read_as(
    model: type[BaseModel], name: str, field: TargetField, form: TargetForm, shown: str
) -> str:
    """Return the text that a page shows for one field of *model*, in standard notation."""
    return _read(field, decimals_of(model, name), shown, form.numbers)


def _parts(
    value: BaseModel,
    form: TargetForm,
    fields: Mapping[str, TargetField],
    start: str,
    row: int | None,
) -> Iterator[Part]:
    plain = value.model_dump(mode="json")
    for name, field in fields.items():
        decimals = decimals_of(type(value), name)
        text = "" if plain[name] is None else _number(str(plain[name]), decimals)
        text = " ".join(text.split())
        yield Part(
            path=f"{start}{name}",
            text=text,
            typed=_typed(field, decimals, text, form.numbers),
            field=field,
            row=row,
            decimals=decimals,
            numbers=form.numbers,
        )


def _typed(field: TargetField, decimals: int | None, text: str, numbers: str) -> str:
    if text in field.values:
        return field.values[text]
    if field.dates:
        return datetime.strptime(text, DAY).strftime(field.dates)  # noqa: DTZ007 - a day
    return text if decimals is None else text.replace(".", _separators(numbers)[1])


def _read(field: TargetField, decimals: int | None, shown: str, numbers: str) -> str:
    text = " ".join(shown.split())
    if found := _pattern(field.shown_as).fullmatch(text):
        text = found[1]
    for own, said in field.values.items():
        if text == said:
            return own
    if field.dates and text:
        try:
            return datetime.strptime(text, field.dates).strftime(DAY)  # noqa: DTZ007 - a day
        except ValueError:
            return text
    if decimals is None:
        return text
    between, mark = _separators(numbers)
    found_numbers: list[str] = _number_pattern(between, mark).findall(text.replace("\u2019", "'"))
    if len(found_numbers) != 1:
        return text
    return _number(found_numbers[0].replace(between, "").replace(mark, "."), decimals)


def _separators(numbers: str) -> tuple[str, str]:
    """Return the thousands separator and the decimal mark of a sample such as ``1,234.56``."""
    return numbers[1], numbers[-3]


@lru_cache(maxsize=8)
def _number_pattern(between: str, mark: str) -> re.Pattern[str]:
    return re.compile(rf"-?\d(?:{re.escape(between)}?\d)*(?:{re.escape(mark)}\d+)?")


@lru_cache(maxsize=256)
def _pattern(shown_as: str) -> re.Pattern[str]:
    wild = re.escape(shown_as).replace(re.escape("*"), ".*")
    return re.compile(wild.replace(re.escape(PLACE), "(.*?)", 1))


def _number(text: str, decimals: int | None) -> str:
    if decimals is None:
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exact = number.quantize(Decimal(1).scaleb(-decimals))
    return f"{exact if exact == number else number:f}"
