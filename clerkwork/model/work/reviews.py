"""Reviews, the tasks of people in a fallback queue, and their forms."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from clerkwork.errors import ClerkworkError
from clerkwork.model.documents.extraction import Extraction, FieldEvidence
from clerkwork.model.work.field_types import from_texts
from clerkwork.model.work.storable import DEEPEST, problem_of

M = TypeVar("M", bound=BaseModel)
LONGEST_PART = 1000  # characters of one part of the path of a field


class ReviewState(StrEnum):
    """The state of a review."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"  # the item was closed or restarted without an answer


class Decision(StrEnum):
    """A person's decision."""

    CORRECT = "correct"  # the data is correct now; the bot resumes with it
    RETURN = "return"  # back to the sender
    BY_HAND = "by_hand"  # a person did the work
    REJECT = "reject"  # must not be done


class AnswerInvalid(ClerkworkError):
    """A corrected value is invalid; nothing was saved.

    Attributes:
        problems: The problem of each field, by path.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {text}" for path, text in problems.items()))
        self.problems = problems


class NotStorable(AnswerInvalid):
    """A value of an item cannot be stored in any supported database; nothing was stored.

    Attributes:
        field: The path of the value.
        problem: The problem, such as "is not a finite number".
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__({field: problem})
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A review as engine or intake submit it to the fallback queue.

    Attributes:
        step: The step of the run that resumes with the answer; None: a new run starts with it.
        code: The reason code.
        message: The reason as a sentence, with ``{name}`` for facts.
        facts: The values of *message*.
        model: Dotted name of the pydantic model of the shown data.
        shown: The data as JSON; it is incomplete if intake could not read all of it.
        fields: The fields of the form, in order.
        pages: Content addresses (SHA-256) of the page images shown next to the form.
    """

    step: str | None
    code: str
    message: str
    facts: dict[str, str] = field(default_factory=dict)
    model: str
    shown: dict[str, Any]
    fields: list[FieldEvidence]
    pages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A stored review.

    Attributes:
        number: The review's number in the store.
        handling_ms: Milliseconds between the first opening and the answer, or None.
    """

    number: int
    item_id: int
    run_no: int
    workflow: str
    reference: str
    state: ReviewState
    step: str | None
    code: str
    message: str
    facts: dict[str, str]
    model: str
    shown: dict[str, Any]
    fields: list[FieldEvidence]
    pages: list[str]
    decision: Decision | None
    answer: dict[str, Any] | None
    note: str
    who: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    created: datetime
    due: datetime
    answered: datetime | None
    handling_ms: int | None


def flatten(value: Any, path: str = "") -> dict[str, str]:
    """Return the leaves of JSON data as text by dotted path: ``lines.0.code``, in order."""
    if isinstance(value, dict):
        pairs = [(str(key), part) for key, part in value.items()]
    elif isinstance(value, list):
        pairs = [(str(index), part) for index, part in enumerate(value)]
    else:
        return {path: "" if value is None else str(value)}
    leaves: dict[str, str] = {}
    for key, part in pairs:
        leaves |= flatten(part, f"{path}.{key}" if path else key)
    return leaves


def can_be_path(path: str) -> bool:
    """Return whether *path* is short enough to be the path of a stored value."""
    parts = path.split(".")
    return len(parts) <= DEEPEST and all(len(part) <= LONGEST_PART for part in parts)


def unflatten(leaves: dict[str, str]) -> dict[str, Any]:
    """Return nested JSON data from texts by dotted path; numbered parts are returned as lists.

    A numbered part with only empty texts is dropped; this is how a line is removed.

    Raises:
        AnswerInvalid: A path is too long or too deep, or is also the start of another path.
    """
    tree: dict[str, Any] = {}
    for path, text in leaves.items():
        *parents, leaf = path.split(".")
        node = tree
        for part in parents[:DEEPEST]:  # limits the depth of the tree and of later recursion
            node = node.setdefault(part, {}) if isinstance(node, dict) else node
        if not can_be_path(path) or not isinstance(node, dict) or leaf in node:
            raise AnswerInvalid({path: "This field contradicts another one; open the form again."})
        node[leaf] = text
    rebuilt = _listed(tree)
    return rebuilt if isinstance(rebuilt, dict) else {}


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    children = {key: _listed(part) for key, part in node.items()}
    if children and all(key.isdecimal() for key in children):
        ordered = [children[key] for key in sorted(children, key=int)]
        return [part for part in ordered if not _empty(part)]
    return children


def _empty(part: Any) -> bool:
    if isinstance(part, dict):
        return all(_empty(inner) for inner in part.values())
    return part in ("", [], None)


def rebuild(model: type[M], leaves: dict[str, str]) -> M:
    """Return an instance of *model* from a form's texts by path; an empty text is the default.

    Raises:
        AnswerInvalid: A value is invalid; names every invalid field and its problem.
    """
    tree = unflatten({path: text.strip() for path, text in leaves.items()})
    data, problems = from_texts(model, tree)
    data = {key: part for key, part in data.items() if part != ""}
    try:
        made = model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems = {".".join(map(str, one["loc"])): one["msg"] for one in found} | problems
        raise AnswerInvalid(problems) from None
    if problems:
        raise AnswerInvalid(problems)
    if problem := problem_of(made.model_dump(mode="json")):
        raise NotStorable(*problem)
    return made


def form_fields(
    shown: dict[str, Any], doubtful: tuple[str, ...], evidence: Extraction | None
) -> list[FieldEvidence]:
    """Return the fields of a form: one for each value of *shown*, with its evidence.

    Args:
        shown: The data as JSON.
        doubtful: Paths of the fields that a person should check first; fields that are doubtful
            in the evidence are marked too.
        evidence: The document's extraction, or None.
    """
    read = {} if evidence is None else {field.path: field for field in evidence.fields}
    values = flatten(shown)
    fields = []
    for path in dict.fromkeys([*values, *read, *doubtful]):
        text = values.get(path, "")
        found = read.get(path) or FieldEvidence(path=path, value=text, raw=text, confidence=1.0)
        doubt = found.doubtful or path in doubtful
        fields.append(found.model_copy(update={"value": text, "doubtful": doubt}))
    return fields


def plain_fields(shown: dict[str, Any], doubtful: tuple[str, ...]) -> list[FieldEvidence]:
    """Return the fields of a form for data without a document."""
    return form_fields(shown, doubtful, None)
