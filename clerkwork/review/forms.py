"""The form of a review: drawn from the model of its data and from what was read of each field."""

from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from clerkwork.model.documents.extraction import Box, FieldEvidence
from clerkwork.model.work.reviews import Review, flatten


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One value a person may change.

    Attributes:
        path: Its path in the data, such as ``total`` or ``lines.0.quantity``.
        title: What people call it, in English, to be translated.
        value: The text in the input.
        shown: The text as it was when the review was opened; differs once somebody changed it.
        raw: The text as it stands in the source.
        confidence: How likely it is right, from 0.0 to 1.0, or None when nobody read it.
        boxes: Where it stands, a box for each line of it.
        doubtful: Whether a person should look at it.
        decision: Why it passes or goes to a person, with *decision_facts* for its values.
        repaired: Whether it is not what the first engine read.
        problem: What is wrong with *value*, or an empty string.
    """

    path: str
    title: str
    value: str
    shown: str
    raw: str = ""
    confidence: float | None = None
    boxes: tuple[Box, ...] = ()
    reason: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    doubtful: bool = False
    decision: str = ""
    decision_facts: dict[str, str] = field(default_factory=dict)
    repaired: bool = False
    candidates: tuple[str, ...] = ()
    problem: str = ""

    @property
    def changed(self) -> bool:
        """Return whether a person changed it."""
        return self.value != self.shown

    @property
    def wants_eyes(self) -> bool:
        """Return whether the focus stops here on its way through the form."""
        return self.doubtful or bool(self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """One line of a table; *index* is its number in the paths of its fields."""

    index: int
    cells: tuple[FormField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTable:
    """A list in the data, such as the lines of an order.

    Attributes:
        blank: An empty line, for the one a person adds; its paths hold ``{index}``.
        problem: What is wrong with the list as a whole, or an empty string.
    """

    path: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[FormRow, ...]
    blank: tuple[FormField, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a person sees and may change.

    Attributes:
        parts: Single fields and tables, in the order of the review's fields.
        problems: Sentences that belong to no field that is shown.
    """

    parts: tuple[FormField | FormTable, ...]
    problems: tuple[str, ...] = ()

    def fields(self) -> list[FormField]:
        """Return every field, those of tables included, in order."""
        found: list[FormField] = []
        for part in self.parts:
            if isinstance(part, FormTable):
                found += [cell for row in part.rows for cell in row.cells]
            else:
                found.append(part)
        return found


def build(
    review: Review,
    model: type[BaseModel] | None,
    *,
    leaves: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> Form:
    """Return the form of *review*.

    Args:
        review: The review.
        model: The model of its data; None (its bot is gone) draws the form from the data alone.
        leaves: What a person has typed so far, by path; None: nothing yet.
        problems: What is wrong with it, by path.
    """
    return _Builder(review, model, leaves, problems or {}).form()


class _Builder:
    """Collects what a form is made of; lives for one call."""

    def __init__(
        self,
        review: Review,
        model: type[BaseModel] | None,
        leaves: dict[str, str] | None,
        problems: dict[str, str],
    ) -> None:
        self.model = model
        self.evidence = {read.path: read for read in review.fields}
        self.shown = flatten(review.shown) | {p: read.value for p, read in self.evidence.items()}
        self.values = self.shown if leaves is None else leaves
        self.problems = dict(problems)

    def form(self) -> Form:
        lists = self._lists()
        parts: list[FormField | FormTable] = []
        done: set[str] = set()
        for path in self._paths():
            head = path.split(".")[0]
            if head not in lists:
                parts.append(self._field(path, title_of(self.model, path)))
            elif head not in done:
                done.add(head)
                parts.append(self._table(head, lists[head]))
        return Form(parts=tuple(parts), problems=tuple(self.problems.values()))

    def _lists(self) -> dict[str, type[BaseModel] | None]:
        """Return the top fields that are lists, with the model of a line where there is one."""
        found: dict[str, type[BaseModel] | None] = {
            path.split(".")[0]: None
            for path in self.shown
            if len(path.split(".")) > 1 and path.split(".")[1].isdecimal()
        }
        for name, info in (self.model.model_fields if self.model else {}).items():
            if get_origin(info.annotation) is list:
                line = get_args(info.annotation)[0]
                is_model = isinstance(line, type) and issubclass(line, BaseModel)
                found[name] = line if is_model else None
        return found

    def _paths(self) -> list[str]:
        paths = dict.fromkeys([*self.evidence, *self.shown])
        covered = {path.split(".")[0] for path in paths}
        for name in self.model.model_fields if self.model else {}:
            if name not in covered:
                paths[name] = None
        return list(paths)

    def _table(self, name: str, line: type[BaseModel] | None) -> FormTable:
        keys = self._columns(name, line)
        numbers = {
            int(path.split(".")[1])
            for path in self.values
            if path.startswith(f"{name}.") and path.split(".")[1].isdecimal()
        }
        titles = tuple(title_of(line, key) if key else "" for key in keys)
        return FormTable(
            path=name,
            title=title_of(self.model, name),
            columns=titles,
            rows=tuple(
                FormRow(index=number, cells=self._cells(f"{name}.{number}", keys, titles))
                for number in sorted(numbers)
            ),
            blank=self._cells(name + ".{index}", keys, titles),
            problem=self.problems.pop(name, ""),
        )

    def _columns(self, name: str, line: type[BaseModel] | None) -> list[str]:
        keys = dict.fromkeys(line.model_fields if line else ())
        for path in self.shown:
            head, *rest = path.split(".")
            if head == name and rest and rest[0].isdecimal():
                keys[".".join(rest[1:])] = None
        return list(keys)

    def _cells(self, start: str, keys: list[str], titles: tuple[str, ...]) -> tuple[FormField, ...]:
        return tuple(
            self._field(f"{start}.{key}" if key else start, title)
            for key, title in zip(keys, titles, strict=True)
        )

    def _field(self, path: str, title: str) -> FormField:
        read = self.evidence.get(path)
        shown = self.shown.get(path, "")
        value = self.values.get(path, "")
        if read is None:
            return FormField(
                path=path,
                title=title,
                value=value,
                shown=shown,
                doubtful=bool(self.problems.get(path)),
                problem=self.problems.pop(path, ""),
            )
        return _of_evidence(read, title, value, shown, self.problems.pop(path, ""))


def _of_evidence(
    read: FieldEvidence, title: str, value: str, shown: str, problem: str
) -> FormField:
    return FormField(
        path=read.path,
        title=title,
        value=value,
        shown=shown,
        raw=read.raw,
        confidence=read.confidence if read.probability is None else read.probability,
        boxes=tuple(read.boxes),
        reason=read.reason,
        facts=read.facts,
        doubtful=read.doubtful,
        decision=read.decision,
        decision_facts=read.decision_facts,
        repaired=read.repaired,
        candidates=tuple(read.candidates[:5]),
        problem=problem,
    )


def title_of(model: type[BaseModel] | None, path: str) -> str:
    """Return what people call the field at *path*: its title, else its name in words."""
    name, _, rest = path.partition(".")
    info = model.model_fields.get(name) if model else None
    if info is None:
        return " ".join(path.replace("_", " ").split(".")).capitalize()
    inner: Any = info.annotation
    if rest and isinstance(inner, type) and issubclass(inner, BaseModel):
        return title_of(inner, rest)
    return info.title or name.replace("_", " ").capitalize()


def titles_along(model: type[BaseModel] | None, path: str) -> list[str]:
    """Return what people call each part of *path*, to be translated; numbers count from 1."""
    name, _, rest = path.partition(".")
    if name.isdecimal():
        title, inner = str(int(name) + 1), model
    else:
        title, inner = title_of(model, name), _inner(model, name)
    return [title, *(titles_along(inner, rest) if rest else [])]


def _inner(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    """Return the model of a field, or of the lines of a list; None where it has none."""
    info = model.model_fields.get(name) if model else None
    kinds = (info.annotation, *get_args(info.annotation)) if info else ()
    models = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return next(models, None)
