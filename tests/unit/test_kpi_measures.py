"""What a KPI counts: filters over tallies, and the sums over them."""

from typing import Any

import pytest

from clerkwork.insight import measures
from clerkwork.insight.measures import Facts, ItemFilter
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.store.items.items import Filter
from clerkwork.store.items.tallies import Handling, ItemTally


def tally(**changed: Any) -> ItemTally:
    values: dict[str, Any] = {
        "workflow": "orders",
        "state": ItemState.DONE,
        "outcome": Outcome.BY_BOT,
        "touched": False,
        "items": 3,
        "bot_ms": 4500,
    }
    return ItemTally(**(values | changed))


ALL = [tally(), tally(workflow="forms", items=2, bot_ms=1000), tally(workflow="gone", items=1)]


def facts(*, median_ms: float | None = 1500.0) -> Facts:
    spent = Handling(reviews=2, total_ms=90_000, median_ms=median_ms)
    return Facts(tallies=ALL, handling=spent, manual_minutes={"orders": 10.0, "forms": 0.5})


@pytest.mark.parametrize(
    ("chosen", "fits"),
    [
        (ItemFilter(), True),
        (ItemFilter(state=ItemState.DONE), True),
        (ItemFilter(state=ItemState.REJECTED), False),
        (ItemFilter(outcome=Outcome.BY_BOT, touched=False), True),
        (ItemFilter(outcome=Outcome.ASSISTED), False),
        (ItemFilter(touched=True), False),
        (ItemFilter(state=ItemState.DONE, touched=True), False),
    ],
)
def test_tally_fits_when_every_given_value_is_its_own(chosen, fits):
    """A value that the filter leaves out does not matter."""
    assert chosen.fits(tally()) is fits


def test_tally_without_an_outcome_fits_no_outcome():
    """An open item has no outcome yet."""
    assert not ItemFilter(outcome=Outcome.BY_BOT).fits(tally(outcome=None))


def test_filter_narrows_what_the_reader_chose():
    """The reader's workflow and time stay; False is a value and not a gap."""
    wanted = Filter(workflow="orders", text="PO")
    assert ItemFilter(state=ItemState.DONE, touched=False).within(wanted) == Filter(
        workflow="orders", text="PO", state=ItemState.DONE, touched=False
    )


@pytest.mark.parametrize(
    ("chosen", "tallied"),
    [
        (ItemFilter(touched=False), True),
        (ItemFilter(healed=False), False),
        (ItemFilter(code="sample"), False),
    ],
)
def test_tallies_answer_all_but_codes_and_healed_locators(chosen, tallied):
    """These two cost a count of their own."""
    assert chosen.is_tallied is tallied


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        (measures.item_count, 6),
        (measures.bot_seconds, 10.0),
        (measures.manual_minutes, 31.0),
        (measures.review_minutes, 1.5),
        (measures.median_review_seconds, 1.5),
    ],
)
def test_measure_sums_the_chosen_tallies(measure, value):
    """A workflow that the project no longer has counts no minutes."""
    assert measure(facts(), ALL) == value


def test_median_without_a_review_is_none():
    """No review is no figure, not 0 seconds."""
    assert measures.median_review_seconds(facts(median_ms=None), ALL) is None
