"""Decides whether the values read from a document pass, and learns from people's answers.

After reading: compares each value with the threshold in force, draws documents for the sample, and
detects duplicates. After an answer: records which values were right. When the sample proves that
too many passed values are wrong, the threshold of the field is raised until an operator tunes it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.model.documents.decision import Thresholds, decided, is_sampled, name_of, passable
from clerkwork.model.documents.error_rate import driven_up
from clerkwork.model.documents.extraction import Extraction, FieldEvidence
from clerkwork.model.numbers import equal_numbers
from clerkwork.model.work.reviews import Review, flatten
from clerkwork.store.database import Store
from clerkwork.store.reviews import readings, samples
from clerkwork.store.reviews.readings import Reading, ReadValue
from clerkwork.store.reviews.samples import Checked, Raised

SAMPLE = "sample"
SAMPLE_TEXT = "All of {name} passed; it was drawn so that the share of wrong values is known."
DUPLICATE = "duplicate_document"
DUPLICATE_TEXT = "The same document came before: item {item}."
WINDOW = 1000  # newest sampled values of a field that decide about its threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """Settings of the decision.

    Attributes:
        sample_share: Share of the documents that a person checks although every value passed.
        least_probability: Threshold of the fields that nobody has tuned.
        thresholds: Returns the present content of ``config/thresholds.yaml``.
    """

    sample_share: float = 0.0
    least_probability: float = 0.0
    thresholds: Callable[[], Thresholds] = Thresholds


def judged(
    store: Store,
    judging: Judging,
    extraction: Extraction,
    *,
    item_id: int,
    workflow: str,
    file: Path,
) -> Extraction:
    """Store the reading, and return *extraction* with a decision about each value."""
    source = f"{workflow}/{extraction.engine}"
    with store.read() as db:
        raised = {each.field: each.threshold for each in samples.raised(db, source)}
    thresholds = judging.thresholds()

    def least(path: str) -> float:
        name = name_of(path)
        tuned = thresholds.least(source, name)
        return max(judging.least_probability if tuned is None else tuned, raised.get(name, 0.0))

    fields = [decided(field, least(field.path)) for field in extraction.fields]
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    reading = _reading(item_id, source, extraction.kind, sha256, fields)
    with store.write() as db:
        readings.lock(db)
        duplicate = readings.same_document(db, reading)
        readings.put(db, replace(reading, duplicate_of=duplicate), now=clock.now())
    return extraction.model_copy(
        update={
            "fields": fields,
            "sampled": is_sampled(sha256, judging.sample_share),
            "duplicate_of": duplicate,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a person is asked.

    Attributes:
        code: Short and stable.
        message: A sentence that may contain ``{name}`` for values in *facts*.
    """

    code: str
    message: str
    facts: dict[str, str]


def own_doubt(evidence: Extraction | None, name: str, *, ok: bool) -> Doubt | None:
    """Return why a document goes to a person regardless of the bot's own check, or None.

    Args:
        evidence: The reading, or None if there is no document.
        name: The document's name for people.
        ok: Whether the bot would continue without a person; only such documents are sampled.
    """
    if evidence is None:
        return None
    if evidence.duplicate_of is not None:
        known = {"item": str(evidence.duplicate_of)}
        return Doubt(code=DUPLICATE, message=DUPLICATE_TEXT, facts=known)
    if ok and evidence.sampled:
        return Doubt(code=SAMPLE, message=SAMPLE_TEXT, facts={"name": name})
    return None


def _reading(
    item_id: int, source: str, kind: str, sha256: str, fields: list[FieldEvidence]
) -> Reading:
    found = {field.path: field.value for field in fields}
    return Reading(
        item_id=item_id,
        source=source,
        kind=kind,
        sha256=sha256,
        number=found.get("number", ""),
        total=found.get("total", ""),
        duplicate_of=None,
        values=tuple(
            ReadValue(
                path=field.path,
                value=field.value,
                probability=field.probability or 0.0,
                passable=passable(field),
            )
            for field in fields
        ),
    )


def learn(
    db: Connection, judging: Judging, review: Review, data: Mapping[str, Any]
) -> list[Raised]:
    """Record which values of a document a person confirmed; return the thresholds raised by it.

    Args:
        db: A writing transaction.
        judging: The thresholds and the accepted share of errors.
        review: The answered review.
        data: The person's answer.
    """
    reading = readings.get(db, review.item_id)
    if reading is None:
        return []
    now = clock.now()
    answered = flatten(dict(data))
    values = _checked(reading, answered, sampled=review.code == SAMPLE)
    samples.put(db, review.item_id, values, now=now)
    number, total = answered.get("number", ""), answered.get("total", "")
    readings.correct(db, review.item_id, number=number, total=total)
    fields = sorted({value.field for value in values if value.sampled and value.wrong})
    raised = [each for field in fields if (each := _driven_up(db, judging, reading.source, field))]
    for each in raised:
        samples.raise_threshold(db, each)
    return raised


def _checked(reading: Reading, answered: Mapping[str, str], *, sampled: bool) -> list[Checked]:
    right = right_paths({value.path: value.value for value in reading.values}, answered)
    return [
        Checked(
            source=reading.source,
            field=name_of(value.path),
            probability=value.probability,
            passable=value.passable,
            sampled=sampled,
            wrong=value.path not in right,
        )
        for value in reading.values
        if value.value
    ]


def right_paths(read: Mapping[str, str], answered: Mapping[str, str]) -> set[str]:
    """Return the paths of the values that a person left unchanged.

    When lines were added or removed, line numbers cannot be compared. A line is then right when
    some line of the answer contains all of its values.
    """
    was, now = _lines(read), _lines(answered)
    if len(was) == len(now):
        return {path for path, text in read.items() if _same(text, answered.get(path, ""))}
    right = {path for path in read if name_of(path) == path}
    right = {path for path in right if _same(read[path], answered.get(path, ""))}
    for start, line in was.items():
        if any(all(_same(line[key], other.get(key, "")) for key in line) for other in now.values()):
            right |= {f"{start}.{key}" for key in line}
    return right


def _lines(leaves: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the lines of a document, keyed by the first part of their paths."""
    lines: dict[str, dict[str, str]] = {}
    for path, text in leaves.items():
        start, _, key = path.rpartition(".")
        if name_of(path) != path:
            lines.setdefault(start, {})[key] = text
    return lines


def _same(read: str, answered: str) -> bool:
    read, answered = read.strip(), answered.strip()
    return read == answered or equal_numbers(read, answered)


def _driven_up(db: Connection, judging: Judging, source: str, field: str) -> Raised | None:
    """Return the threshold that the sample requires, or None if the present one is high enough."""
    thresholds = judging.thresholds()
    tuned = thresholds.least(source, field)
    in_force = judging.least_probability if tuned is None else tuned
    known = [each.threshold for each in samples.raised(db, source) if each.field == field]
    steps = samples.sampled_steps(db, source, field, newest=WINDOW)
    passed = [step for step in steps if step.probability >= max([in_force, *known])]
    threshold = driven_up(passed, thresholds.target_error)
    if threshold is None:
        return None
    return Raised(
        source=source,
        field=field,
        threshold=threshold,
        checked=sum(step.checked for step in passed),
        wrong=sum(step.wrong for step in passed),
        at=clock.now(),
    )
