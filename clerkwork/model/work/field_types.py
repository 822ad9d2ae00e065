"""What a model says about the values that a person may change, by the path of each value."""

import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

LISTS = (list, tuple, set, frozenset)
INDEX = "{index}"  # the place of a line's number in the paths of a blank line
MARKER = "widget"
BOOL, DATE = "builtins.bool", "datetime.date"
DATE_EXPECTED = "Write a date that exists as YYYY-MM-DD, such as 2026-11-30."
_NUMBER = re.compile(r"[-+]?[0-9.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """What the annotation of one field says about its values.

    Attributes:
        names: Dotted names of their classes, the most specific first. A literal is
            ``typing.Literal`` and an enumeration ``enum.Enum``, whatever the class of its values.
            Empty where no model says anything.
        widget: The name of the widget that the field asks for, or an empty string.
        options: The texts of all allowed values; empty where they are not listed.
        optional: Whether None is allowed.
        default: The text of the default; empty without one.
        longest: The largest number of characters, or None without a limit.
    """

    names: tuple[str, ...] = ()
    widget: str = ""
    options: tuple[str, ...] = ()
    optional: bool = False
    default: str = ""
    longest: int | None = None

    @property
    def blank(self) -> str:
        """Return the text that a form shows where there is no value.

        A check box shows its default, because it has no third state.
        """
        return self.default if BOOL in self.names else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """The place of one value in a model: its class, and what is noted on it."""

    annotation: Any
    optional: bool = False
    notes: tuple[Any, ...] = ()


def type_at(model: type[BaseModel] | None, path: str) -> FieldType:
    """Return what *model* says about the value at *path*, such as ``lines.0.quantity``."""
    slot: _Slot | None = _unwrapped(model)
    for part in path.split("."):
        slot = _inside(slot.annotation, part) if slot else None
    if slot is None:
        return FieldType()
    infos = [note for note in slot.notes if isinstance(note, FieldInfo)]
    lengths = [found for note in slot.notes if (found := getattr(note, "max_length", None))]
    return FieldType(
        names=_names(slot.annotation),
        widget=next(filter(None, map(_marker, infos)), ""),
        options=tuple(_options(slot.annotation)),
        optional=slot.optional,
        default=next((_text(info.default) for info in infos if not info.is_required()), ""),
        longest=min(lengths, default=None),
    )


def model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model in an annotation such as ``Address | None``; None where there is none."""
    inner = _unwrapped(annotation).annotation
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def lines_in(annotation: object) -> object | None:
    """Return the annotation of the lines in a list of any number of lines, else None."""
    inner = _unwrapped(annotation).annotation
    arguments = get_args(inner)
    if get_origin(inner) not in LISTS or not arguments:
        return None
    one_kind = len(arguments) == 1 or arguments[1:] == (...,)
    line: object = arguments[0]
    return line if one_kind else None


def from_texts(
    model: type[BaseModel], data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return nested texts as *model* takes them, and a sentence for each wrong one by its path.

    Empty text becomes the default or None, and the text of a listed option becomes the option.
    Everything else stays text, which pydantic reads.
    """
    problems: dict[str, str] = {}
    read: dict[str, Any] = _read(model, data, "", problems.__setitem__)
    return read, problems


def _read(annotation: object, node: Any, path: str, report: Callable[[str, str], None]) -> Any:
    slot = _unwrapped(annotation)
    if isinstance(node, str):
        if _is_date(slot.annotation) and _NUMBER.fullmatch(node):  # pydantic takes it for seconds
            report(path, DATE_EXPECTED)
        return _options(slot.annotation).get(node, node)
    start = f"{path}." if path else ""
    if isinstance(node, list):
        line = lines_in(annotation)
        return [_read(line, part, f"{start}{index}", report) for index, part in enumerate(node)]
    if not isinstance(node, dict):
        return node
    model = model_in(annotation)
    read = {}
    for key, part in node.items():
        info = model.model_fields.get(key) if model else None
        if info is None or part != "":
            read[key] = _read(info.annotation if info else None, part, f"{start}{key}", report)
        elif not _may_be_dropped(info):
            inner = _unwrapped(info.annotation)
            read[key] = None if inner.optional else _options(inner.annotation).get("", "")
    return read


def _may_be_dropped(info: FieldInfo) -> bool:
    """Return whether an empty text stands for the default; in plain text it is a value."""
    slot = _unwrapped(info.annotation)
    return not info.is_required() and (slot.optional or slot.annotation is not str)


def _inside(annotation: Any, part: str) -> _Slot | None:
    """Return the place of the value called *part* in a value of this annotation."""
    model = model_in(annotation)
    if model is not None:
        info = model.model_fields.get(part)
        return None if info is None else _unwrapped(info.annotation, (info, *info.metadata))
    line = lines_in(annotation)
    if line is not None and (part.isdecimal() or part == INDEX):
        return _unwrapped(line)
    if get_origin(annotation) is dict:
        return _unwrapped(get_args(annotation)[1])
    return None


def _unwrapped(annotation: Any, notes: tuple[Any, ...] = ()) -> _Slot:
    """Return an annotation without ``Annotated``, aliases and ``| None``."""
    optional = False
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if hasattr(annotation, "__value__"):  # a type alias
            annotation = annotation.__value__
        elif origin is Annotated:
            annotation, notes = arguments[0], (*notes, *arguments[1:])
        elif origin in {Union, types.UnionType} and type(None) in arguments:
            optional = True
            annotation = Union[tuple(one for one in arguments if one is not type(None))]  # noqa: UP007 - made at run time
        else:
            return _Slot(annotation=annotation, optional=optional, notes=notes)


def _names(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return ("typing.Literal",)
    if not isinstance(annotation, type):
        return ()
    if issubclass(annotation, Enum):
        return ("enum.Enum",)
    line = annotation.__mro__[:-1]
    if issubclass(annotation, datetime):  # a date in Python, but not for a person who types it
        line = line[: line.index(date)]
    return tuple(f"{one.__module__}.{one.__qualname__}" for one in line)


def _options(annotation: Any) -> dict[str, Any]:
    """Return the allowed values by their texts; empty where they are not listed."""
    if get_origin(annotation) is Literal:
        return {_text(value): value for value in get_args(annotation)}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {_text(member): member.value for member in annotation}
    return {"True": True, "False": False} if annotation is bool else {}


def _is_date(annotation: Any) -> bool:
    return isinstance(annotation, type) and _names(annotation)[-1:] == (DATE,)


def _marker(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    return str(extra.get(MARKER, "")) if isinstance(extra, dict) else ""


def _text(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    return "" if value is None or not isinstance(value, str | int | float | bool) else str(value)
