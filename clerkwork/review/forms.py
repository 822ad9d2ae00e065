"""The form of a review: its fields come from the model of the data and from the evidence."""

from dataclasses import dataclass, field, replace

from pydantic import BaseModel

from clerkwork.model.documents.extraction import Box, FieldEvidence
from clerkwork.model.work.field_types import FieldType, lines_in, model_in, type_at
from clerkwork.model.work.reviews import Review, flatten

LINE_BREAK_LENGTH = 10_000
MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One value that a person may change.

    Attributes:
        path: Its path in the data, such as ``total`` or ``lines.0.quantity``.
        title: Its name for people, in English, to be translated.
        value: The text in the input.
        shown: The text when the review was opened; differs from *value* after a change.
        type: What the annotation in the model says; the console chooses the widget by it.
        raw: The text in the source.
        confidence: Probability that the value is right, from 0.0 to 1.0; None for a value that
            was not read from a document.
        boxes: Its place on the pages, one box for each line of text.
        reason: Why it is trusted or doubted, with *facts* for the ``{names}`` in it.
        doubtful: Whether a person should check it.
        decision: Why it passes or goes to a person, with *decision_facts* for its values.
        repaired: Whether it differs from the reading of the first engine.
        candidates: Other possible values, best first.
        problem: The problem with *value*, or an empty string.
    """

    path: str
    title: str
    value: str
    shown: str
    type: FieldType = field(default_factory=FieldType)
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
    def length(self) -> int:
        """Return how many characters the input needs; a line break needs a tall input."""
        if "\n" in self.value:
            return LINE_BREAK_LENGTH
        return max(len(self.value), self.type.longest or 0)

    @property
    def wants_eyes(self) -> bool:
        """Return whether Enter stops at this field."""
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
        blank: The empty line that a person can add; its paths contain ``{index}``.
        problem: The problem with the list as a whole, or an empty string.
    """

    path: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[FormRow, ...]
    blank: tuple[FormField, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of one review.

    Attributes:
        parts: Single fields and tables, in the order of the review's fields.
        problems: Problems of paths that the form does not show.
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
        model: The model of its data; without one (its bot was removed) the data alone decides.
        leaves: The texts that a person typed, by path; None before the first answer.
        problems: The problems with these texts, by path.
    """
    return _Builder(review, model, leaves, problems or {}).form()


def typed_fields(
    model: type[BaseModel] | None, leaves: dict[str, str], problems: dict[str, str]
) -> list[FormField]:
    """Return one field for each of *leaves*, for a form without evidence."""
    return [
        FormField(
            path=path,
            title=title_of(model, path),
            value=text,
            shown=text,
            type=type_at(model, path),
            problem=problems.get(path, ""),
        )
        for path, text in leaves.items()
    ]


class _Builder:
    """Builds one form."""

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
        self.leaves = leaves
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
        """Return the top-level fields that are lists, with the model of a line if it has one."""
        found: dict[str, type[BaseModel] | None] = {
            path.split(".")[0]: None
            for path in self.shown
            if len(path.split(".")) > 1 and path.split(".")[1].isdecimal()
        }
        for name, info in (self.model.model_fields if self.model else {}).items():
            line = lines_in(info.annotation)
            if line is not None:
                found[name] = model_in(line)
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
        read, type_ = self.evidence.get(path), type_at(self.model, path)
        shown = self.shown.get(path, type_.blank)
        value = self.values.get(path, shown if self.leaves is None else "")
        problem = self.problems.pop(path, "")
        plain = FormField(
            path=path,
            title=title,
            value=value,
            shown=shown,
            type=type_,
            doubtful=bool(problem),
            problem=problem,
        )
        return _with_evidence(plain, read) if read else plain


def _with_evidence(plain: FormField, read: FieldEvidence) -> FormField:
    return replace(
        plain,
        raw=read.raw,
        confidence=read.confidence if read.probability is None else read.probability,
        boxes=tuple(read.boxes),
        reason=read.reason,
        facts=read.facts,
        doubtful=read.doubtful,
        decision=read.decision,
        decision_facts=read.decision_facts,
        repaired=read.repaired,
        candidates=tuple(read.candidates[:MOST_CANDIDATES]),
    )


def title_of(model: type[BaseModel] | None, path: str) -> str:
    """Return the name of the field at *path* for people: its title, else the words of its name."""
    name, _, rest = path.partition(".")
    info = model.model_fields.get(name) if model else None
    if info is None:
        return " ".join(path.replace("_", " ").split(".")).capitalize()
    inner = model_in(info.annotation)
    if rest and inner:
        return title_of(inner, rest)
    return info.title or name.replace("_", " ").capitalize()


def titles_along(model: type[BaseModel] | None, path: str) -> list[str]:
    """Return the name of each part of *path* for people, to be translated; lines count from 1."""
    name, _, rest = path.partition(".")
    if name.isdecimal():
        title, inner = str(int(name) + 1), model
    else:
        title, inner = title_of(model, name), _model_below(model, name)
    return [title, *(titles_along(inner, rest) if rest else [])]


def _model_below(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    """Return the model of a field, or of the lines of a list; None where it has none."""
    info = model.model_fields.get(name) if model else None
    if info is None:
        return None
    return model_in(info.annotation) or model_in(lines_in(info.annotation))
