"""A document that cannot be read goes to a person with its file kept, wherever that comes out."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkwork import Document, Run, bot
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.errors import fill
from clerkwork.intake.intake import Intake
from clerkwork.model.work.items import ItemState, NewItem, Outcome
from clerkwork.store.items import items
from clerkwork.store.reviews import reviews
from tests.bad_documents import BAD, frames
from tests.fixtures_console import Served
from tests.fixtures_documents import SAMPLES
from tests.fixtures_engine import MakeBench
from tests.fixtures_project import Project, until

GOOD = "po-3001-northgate.pdf"
NAMES = ["bomb.png", "secret.pdf", "letter.pdf", "both.png", "flood.pdf", "frames.tiff"]


@bot(queue="ocr")
def reading(document: Document, run: Run) -> None:
    """Read a document and show it to a person."""
    read = run.read_document(document)
    run.check(document, False, "low_confidence", evidence=read)


@pytest.fixture
def intake(project: Project) -> Iterator[Intake]:
    reader = project.app.reader()
    intake = project.app.intake(reader)
    yield intake
    intake.close()
    reader.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_file_in_the_inbox_becomes_an_item_that_a_person_decides(
    name: str, project: Project, intake: Intake
) -> None:
    """Inbox, item, kept file, the page of the review with the reason, and the decision."""
    make, problem = BAD[name]
    file = project.app.inbox / "documents" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(make())
    until(lambda: intake.look("form_extraction"), "the file is taken")
    with project.app.store.read() as db:
        (review,) = reviews.open_reviews(db)
        item = items.get(db, review.item_id)
    assert item is not None
    assert (item.state, review.code) == (ItemState.IN_REVIEW, "document_rejected")
    assert problem in review.facts["problem"]
    assert (project.root / item.payload["file"]).read_bytes() == make()
    console = Served(project.app)
    with console.client() as client:
        page = client.get(f"/review/{review.number}")
        kept = client.get(f"/items/{item.id}/files/{item.source['sha256']}")
        chinese = client.get(f"/review/{review.number}?lang=zh").text
        client.post(f"/review/{review.number}", data={"decision": "return", "note": "again"})
    assert (problem in page.text, kept.content == make()) == (True, True)
    assert (problem in chinese, "文档无法读取" in chinese) == (False, True)
    console.stop()
    with project.app.store.read() as db:
        closed = items.get(db, review.item_id)
    assert closed is not None
    assert closed.outcome is Outcome.RETURNED


def test_a_document_that_fails_while_it_is_read_is_not_tried_again(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    """It would fail the same way each time; the person reads why and the item keeps its file."""
    bench = make_bench(reading)
    bench.start_worker(reader=DocumentReader(DocumentSettings(max_pages=1), tmp_path / "kept"))
    file = tmp_path / "two.tiff"
    file.write_bytes(frames(2))
    payload = {"file": file.name, "name": "two.tiff"}
    new = NewItem(workflow="work", reference="two", payload=payload)
    item = bench.until(bench.engine.submit(new).item_id)
    (review,) = bench.open_reviews()
    said = fill(review.message, review.facts)
    assert (item.state, item.attempt, review.code, review.shown, said) == (
        ItemState.IN_REVIEW,
        1,
        "document_rejected",
        payload,
        "two.tiff: has 2 pages, more than the 1 allowed. Send each order as its own document.",
    )


def test_pages_are_drawn_for_the_person_who_is_asked(make_bench: MakeBench, tmp_path: Path) -> None:
    """A text layer is read without a picture; the review has one all the same."""
    bench = make_bench(reading)
    bench.start_worker(reader=DocumentReader(DocumentSettings(), tmp_path / "kept"))
    shutil.copy(SAMPLES / GOOD, tmp_path / GOOD)
    new = NewItem(workflow="work", reference="one", payload={"file": GOOD, "name": GOOD})
    bench.until(bench.engine.submit(new).item_id)
    (review,) = bench.open_reviews()
    (sha256,) = review.pages
    assert (tmp_path / "kept" / sha256[:2] / f"{sha256}.jpg").exists()
