"""Every figure of the metrics is proved by the list of its items."""

import statistics
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clerkwork import clock
from clerkwork.insight.metrics import Report, report
from clerkwork.model.work.items import ItemState
from clerkwork.store.items import items, tallies
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import reviews
from tests.fixtures_console import ConsoleProject

OFFSET = timedelta(hours=8)
ALL = 10_000


def report_of(project: ConsoleProject, wanted: Filter) -> Report:
    with project.store.read() as db:
        return report(db, wanted, workflows=project.workflows, offset=OFFSET)


@pytest.fixture(
    params=["everything", "one workflow", "a range of arrival", "the half of a day"], scope="module"
)
def wanted(request) -> Filter:
    now = clock.now()
    ranges = {
        "everything": Filter(),
        "one workflow": Filter(workflow="purchase_orders"),
        "a range of arrival": Filter(
            since=now - timedelta(days=9, hours=5), until=now - timedelta(days=2)
        ),
        "the half of a day": Filter(since=now - timedelta(hours=12)),
    }
    return ranges[request.param]


def test_every_figure_counts_exactly_its_list(full_console_project, wanted):
    """The list a figure opens is as long as the figure says."""
    found = report_of(full_console_project, wanted)
    with full_console_project.store.read() as db:
        listed = [items.count(db, figure.wanted) for figure in found.figures()]
        caused = [items.count(db, cause.wanted) for cause in found.causes]
    assert listed == [figure.items for figure in found.figures()]
    assert caused == [cause.items for cause in found.causes]


def test_every_kpi_follows_from_its_listed_items(full_console_project, wanted):
    """A pass over the items and their reviews gives the same value for every KPI."""
    found = report_of(full_console_project, wanted)
    with full_console_project.store.read() as db:
        every = items.search(db, wanted, limit=ALL)
        healed = items.search(db, replace(wanted, healed=True), limit=ALL)
        answered = [r.handling_ms for item in every for r in reviews.of_item(db, item.id)]
    spent = [ms for ms in answered if ms is not None]
    done = [item for item in every if item.state is ItemState.DONE]
    touched = [item for item in every if item.touched]
    alone = [item for item in done if not item.touched]
    assert {name: figure.value for name, figure in found.kpis.items()} == {
        "rate": len(alone) / (len(alone) + len(touched)),
        "arrived": len(every),
        "by_bot": len(alone),
        "by_human": len(touched),
        "done": len(done),
        "human_minutes": sum(spent) / 60_000,
        "bot_seconds": sum(item.bot_ms for item in every) / 1000,
        "order_seconds": pytest.approx(sum(item.bot_ms for item in done) / 1000 / len(done)),
        "manual_minutes": 10 * len(done),
        "median_review_s": statistics.median(spent) / 1000 if spent else None,
        "healed": len(healed),
    }


def test_report_costs_five_statements(full_console_project):
    """A KPI of the tallies costs no statement of its own."""
    statements = []
    with full_console_project.store.read() as db:
        sa.event.listen(db, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
        report(db, Filter(), workflows=full_console_project.workflows, offset=OFFSET)
    assert len(statements) == 5


def test_days_of_a_range_sum_to_the_range(full_console_project, wanted):
    """Each item counts on one local day."""
    found = report_of(full_console_project, wanted)
    assert sum(day.items.items for day in found.days) == found.kpis["arrived"].items
    assert [day.day for day in found.days] == sorted({day.day for day in found.days})


def test_pareto_begins_with_the_most_frequent_reason(full_console_project):
    """The bars fall and the shares end at the whole."""
    causes = report_of(full_console_project, Filter()).causes
    counts = [cause.items for cause in causes]
    assert counts == sorted(counts, reverse=True)
    assert causes[-1].share == 1.0


def test_empty_store_has_no_rate_and_no_days(console_project):
    """Nothing completed is no figure, not 0 %."""
    found = report_of(console_project, Filter())
    values = {name: found.kpis[name].value for name in ("rate", "order_seconds", "median_review_s")}
    assert (values, found.days, found.causes) == (dict.fromkeys(values), [], [])


def test_item_sent_twice_with_one_code_is_one_bar(console_project):
    """A bar is as long as its list, and the list shows an item once."""
    filler = console_project.filler()
    number = filler.order()
    with console_project.store.write() as db:
        review = reviews.get(db, number)
        filler._ask(
            db, review.item_id, review.code, facts={}, shown=review.shown, fields=[], move=False
        )
    assert [(c.code, c.items) for c in report_of(console_project, Filter()).causes] == [
        ("over_limit", 1)
    ]


@pytest.mark.parametrize(
    ("seconds", "median"), [([10], 10), ([10, 30], 20), ([5, 10, 60], 10), ([1, 2, 4, 60], 3)]
)
def test_median_review_is_the_middle_one(console_project, seconds, median):
    """One review that was left open over lunch does not move the median."""
    filler = console_project.filler()
    now = clock.now()
    for place, spent in enumerate(seconds):
        number = filler.order(f"PO-{place}")
        with console_project.store.write() as db:
            start = now - timedelta(minutes=5)
            reviews.claim(db, number, who="a", now=start, lease=timedelta(minutes=10))
            reviews.answer(
                db,
                number,
                decision="by_hand",
                data=None,
                note="",
                who="a",
                now=start + timedelta(seconds=spent),
            )
    with console_project.store.read() as db:
        found = tallies.handling(db, replace(Filter(), touched=True))
    assert (found.median_ms, found.total_ms) == (median * 1000, sum(seconds) * 1000)
