"""From passed documents to a known error: sample, outcome, drift, and thresholds by tuning."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from clerkwork import Document, Extraction, FieldEvidence, Run, bot
from clerkwork.engine.document_policy import Judging, right_paths
from clerkwork.insight.errors import measured_errors
from clerkwork.insight.tuning import propose, tuned
from clerkwork.model.documents.decision import Thresholds
from clerkwork.model.documents.error_rate import NEVER
from clerkwork.model.documents.extraction import Proof
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import ItemState, NewItem, WorkItem
from clerkwork.model.work.reviews import Decision
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import samples
from clerkwork.store.runs import events
from tests.fixtures_engine import Bench

SOURCE = "work/text_layer"


class Slip(BaseModel):
    """What the test's bot reads."""

    number: str
    total: Decimal


@bot(queue="ocr")
def slips(document: Document, run: Run) -> Slip:
    """Read a slip."""
    read = run.read_document(document)
    slip = Slip.model_validate(read.values())
    return run.check(slip, not read.doubtful(), "low_confidence", evidence=read)


@dataclass
class Reader:
    """Reads what the file says, as a text layer would."""

    probability: float = 0.98

    def read(self, file: Path, _name: str) -> Extraction:
        fields = [
            FieldEvidence(
                path=path,
                value=value,
                confidence=0.97,
                probability=self.probability,
                evidence=[Proof.TEXT_LAYER],
            )
            for path, value in json.loads(file.read_text("utf-8")).items()
        ]
        return Extraction(engine="text_layer", kind="slip", fields=fields, pages=[])

    def close(self) -> None:
        """Hold nothing."""


@dataclass
class Office:
    """Slips that are read and looked at."""

    bench: Bench
    root: Path
    reader: Reader

    def judge(self, **by: Any) -> None:
        self.bench.engine.core.judging = Judging(**{"least_probability": 0.97, **by})

    def bring(self, number: str, total: str = "9.50", name: str = "") -> WorkItem:
        file = self.root / f"{name or number}.json"
        file.write_text(json.dumps({"number": number, "total": total}), "utf-8")
        payload = {"file": file.name, "name": file.name}
        new = NewItem(workflow="work", reference=file.name, payload=payload)
        return self.bench.until(self.bench.engine.submit(new).item_id)

    def answer(self, **data: Any) -> WorkItem:
        (review,) = self.bench.open_reviews()
        assert self.bench.answer(**data)
        return self.bench.until(review.item_id)


@pytest.fixture
def office(make_bench, tmp_path) -> Office:
    bench = make_bench(slips)
    reader = Reader()
    bench.start_worker(reader=reader)
    made = Office(bench, tmp_path, reader)
    made.judge()
    return made


def codes(office: Office) -> list[str]:
    return [review.code for review in office.bench.open_reviews()]


def test_a_document_that_passes_goes_to_a_person_when_it_is_in_the_sample(office):
    """The review is marked as a sample, and the run resumes with the answer."""
    office.judge(sample_share=1.0)
    waiting = office.bring("A-1")
    (review,) = office.bench.open_reviews()
    doubts = [read.doubtful for read in review.fields]
    assert (waiting.state, review.code, doubts) == (ItemState.IN_REVIEW, "sample", [False, False])
    assert office.answer().state is ItemState.DONE


def test_a_document_outside_the_sample_passes_untouched(office):
    """Nobody is asked about it."""
    found = office.bring("A-2")
    assert (found.state, found.touched) == (ItemState.DONE, False)


def test_a_doubted_document_is_no_sample(office):
    """The error of what passes is measured on what passed only."""
    office.judge(sample_share=1.0)
    office.reader.probability = 0.5
    office.bring("A-3")
    assert codes(office) == ["low_confidence"]
    office.answer(total="8.00")
    with office.bench.store.read() as db:
        assert measured_errors(db, Filter()) == []
        checked = samples.passable_steps(db)
    assert {key: (step.checked, step.wrong) for key, (step,) in checked.items()} == {
        (SOURCE, "number"): (1, 0),
        (SOURCE, "total"): (1, 1),
    }


def test_the_answers_of_the_sample_are_the_measured_error(office):
    """Each field has a rate with bounds; equal amounts in another spelling are right."""
    office.judge(sample_share=1.0)
    for number, total in (("B-1", "9.50"), ("B-2", "9.50"), ("B-3", "8.00")):
        office.bring(number)
        office.answer(total=total.rstrip("0"))
    with office.bench.store.read() as db:
        found = {each.field: each for each in measured_errors(db, Filter())}
    rates = {name: (each.checked, each.wrong, each.items) for name, each in found.items()}
    assert rates == {"number": (3, 0, 3), "total": (3, 1, 3)}
    assert found["total"].low == pytest.approx(0.016952, abs=1e-5)
    assert found["number"].high == pytest.approx(0.631597, abs=1e-5)


def test_drift_raises_the_threshold_and_says_so(office):
    """One wrong value of the first ten proves more than 0.5 %; the next document is doubted."""
    office.judge(sample_share=1.0)
    office.bring("C-1")
    office.answer(total="8.00")
    with office.bench.store.read() as db:
        (raised,) = samples.raised(db)
        said = [event for event in events.after(db, 0) if event.kind is Kind.DRIFT]
    assert (raised.source, raised.field, raised.threshold) == (SOURCE, "total", NEVER)
    assert [(event.level, event.data["field"]) for event in said] == [(Level.WARNING, "total")]
    office.judge()
    office.bring("C-2")
    (review,) = office.bench.open_reviews()
    assert {read.path: read.doubtful for read in review.fields} == {"number": False, "total": True}


def test_tuning_sets_the_lowest_threshold_that_the_outcomes_prove(office):
    """Both fields of one document prove 95 % at most, so a target of that lets them pass."""
    office.judge(sample_share=1.0)
    office.bring("D-1")
    office.answer()
    with office.bench.store.read() as db:
        small, enough = propose(db, 0.005), propose(db, 0.96)
    assert [(each.field, each.threshold, each.needed) for each in small] == [
        ("number", None, 597),
        ("total", None, 597),
    ]
    thresholds = tuned(Thresholds(), enough, 0.96)
    assert thresholds.least(SOURCE, "total") == 0.98
    assert [(each.passing, each.minutes) for each in enough] == [(1.0, 0.0), (1.0, 0.0)]
    assert [each.passing for each in small] == [0.0, 0.0]


def test_tuned_thresholds_decide(office):
    """A field's own threshold goes before the setting for all."""
    own = {"threshold": 0.99, "checked": 0, "wrong": 0, "error_at_most": 1.0}
    thresholds = Thresholds.model_validate({"sources": {SOURCE: {"number": own}}})
    office.judge(thresholds=lambda: thresholds)
    office.bring("E-1")
    (review,) = office.bench.open_reviews()
    assert {read.path: read.doubtful for read in review.fields} == {"number": True, "total": False}


@pytest.mark.parametrize(
    ("total", "duplicate"), [("9.50", True), ("8.00", False)], ids=["same total", "another"]
)
def test_the_same_number_and_total_again_goes_to_a_person_with_the_other_item(
    office, total, duplicate
):
    """The person can open the item that brought it first; another total is another document."""
    first = office.bring("F-1")
    second = office.bring("F-1", total, name="again")
    found = [(review.code, review.facts) for review in office.bench.open_reviews()]
    if duplicate:
        assert found == [("duplicate_document", {"item": str(first.id)})]
    else:
        assert (found, second.state) == ([], ItemState.DONE)


def test_a_document_that_was_turned_away_may_come_again(office):
    """What nobody accepted is no first one."""
    office.reader.probability = 0.5
    office.bring("G-1")
    assert office.bench.answer(Decision.REJECT)
    office.reader.probability = 0.98
    assert office.bring("G-1", name="again").state is ItemState.DONE


def test_lines_that_were_added_do_not_make_the_others_wrong():
    """A line whose number changed is right if the answer contains it."""
    read = {"total": "3.00", "lines.0.code": "A", "lines.0.amount": "1.00", "lines.1.code": "C"}
    answered = {
        "total": "3.00",
        "lines.0.code": "B",
        "lines.0.amount": "2.00",
        "lines.1.code": "A",
        "lines.1.amount": "1.0",
        "lines.2.code": "D",
    }
    assert right_paths(read, answered) == {"total", "lines.0.code", "lines.0.amount"}
