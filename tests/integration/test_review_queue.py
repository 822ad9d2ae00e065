"""The use cases of the fallback queue, over a real store and the real engine."""

import pytest

from clerkwork.discover import load_model
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.reviews import AnswerInvalid, Decision, flatten
from clerkwork.review.queue import Change, NoteMissing, ReviewGone, ReviewQueue
from clerkwork.store.items import items
from clerkwork.store.reviews import reviews
from tests.every_widget import SHOWN, delivery
from tests.fixtures_console import ConsoleProject

WHO = "li.wei"


@pytest.fixture
def queue(console_project: ConsoleProject) -> ReviewQueue:
    return ReviewQueue(console_project.store, console_project.engine.answer, load_model)


@pytest.fixture
def number(console_project: ConsoleProject) -> int:
    return console_project.filler().order()


def leaves_of(queue: ReviewQueue, number: int) -> dict[str, str]:
    return flatten(queue.get(number).shown)


def test_corrected_answer_reaches_the_store_and_the_item_goes_on(queue, number, console_project):
    """The answer is the model's own JSON, and the item is due again."""
    leaves = leaves_of(queue, number) | {"tax": "11.40"}
    changes = queue.submit(number, Decision.CORRECT, leaves, "", WHO)
    review = queue.get(number)
    with console_project.store.read() as db:
        item = items.get(db, review.item_id)
    assert changes == [Change(path="tax", title="Tax", before="10.40", after="11.40")]
    assert (review.who, review.answer["tax"], item.state) == (WHO, "11.40", ItemState.POSTPONED)
    assert queue.answered_changes(review) == changes


def test_wrong_values_are_named_by_path_and_nothing_is_saved(queue, number):
    """Every wrong field is named at once."""
    leaves = leaves_of(queue, number) | {"total": "many", "lines.1.quantity": "-1"}
    with pytest.raises(AnswerInvalid) as caught:
        queue.submit(number, Decision.CORRECT, leaves, "", WHO)
    assert set(caught.value.problems) == {"total", "lines.1.quantity"}
    assert queue.get(number).decision is None


def test_problem_after_a_removed_line_is_shown_at_its_own_line(queue, number):
    """Removing a line before it does not move a problem to another line."""
    leaves = {
        path: text for path, text in leaves_of(queue, number).items() if "lines.0" not in path
    }
    with pytest.raises(AnswerInvalid) as caught:
        queue.submit(number, Decision.CORRECT, leaves | {"lines.1.amount": "x"}, "", WHO)
    assert set(caught.value.problems) == {"lines.1.amount"}


@pytest.mark.parametrize(
    ("decision", "end"),
    [
        (Decision.REJECT, (ItemState.REJECTED, Outcome.REJECTED)),
        (Decision.RETURN, (ItemState.RETURNED, Outcome.RETURNED)),
        (Decision.BY_HAND, (ItemState.DONE, Outcome.BY_HAND)),
    ],
)
def test_other_decisions_close_the_item(queue, number, console_project, decision, end):
    """What is not corrected does not go back to a bot."""
    assert queue.submit(number, decision, {}, "too late", WHO) == []
    with console_project.store.read() as db:
        item = items.get(db, queue.get(number).item_id)
    assert (item.state, item.outcome) == end
    assert queue.get(number).note == "too late"


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.RETURN])
def test_ending_an_item_needs_a_reason(queue, number, decision):
    """Blanks are no reason."""
    with pytest.raises(NoteMissing):
        queue.submit(number, decision, {}, "  ", WHO)
    assert queue.get(number).decision is None


def test_second_answer_learns_that_it_was_not_saved(queue, number):
    """The first answer wins."""
    queue.submit(number, Decision.BY_HAND, {}, "", WHO)
    with pytest.raises(ReviewGone, match="not saved"):
        queue.submit(number, Decision.REJECT, {}, "no", "somebody")
    assert queue.get(number).decision is Decision.BY_HAND


def test_opening_claims_and_another_person_passes_over_it(queue, number, console_project):
    """Two people who press next get two reviews."""
    other = console_project.filler().order("PO-7002")
    queue.open_review(number, who=WHO)
    assert queue.get(number).claimed_by == WHO
    assert queue.next_after(0, who="somebody") == other
    assert queue.open_review(number, who="somebody").claimed_by == WHO


def test_review_that_does_not_exist_is_gone(queue):
    """A stale link says what to do."""
    with pytest.raises(ReviewGone, match="open the queue"):
        queue.open_review(99, who=WHO)


def test_form_of_a_review_shows_its_lines(queue, number):
    """The form of an order has one cell for each value of the data."""
    form = queue.form(queue.get(number))
    assert {field.path: field.value for field in form.fields()} == leaves_of(queue, number)


def test_skipping_starts_over_at_the_end(queue, number, console_project):
    """After the last review comes the first again, and never the same."""
    other = console_project.filler().order("PO-7002")
    assert (queue.next_after(number, who=WHO), queue.next_after(other, who=WHO)) == (other, number)
    with console_project.store.read() as db:
        assert [review.number for review in reviews.open_reviews(db)] == [number, other]


def test_unticked_box_that_was_not_in_the_data_is_no_change(queue, console_project):
    """The form shows its default, and posts it."""
    shown = {name: value for name, value in SHOWN.items() if name != "insured"}
    review = queue.get(delivery(console_project, shown=shown))
    found = [queue.changes(review, flatten(shown) | {"insured": box}) for box in ("False", "True")]
    assert found == [
        [],
        [Change(path="insured", title="Insured", before="False", after="True")],
    ]
