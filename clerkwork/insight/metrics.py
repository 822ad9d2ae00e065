"""The report of a time range: every figure carries the filter of the items that it counts."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy.engine import Connection

from clerkwork.insight.kpi import Kpi, find_kpis
from clerkwork.insight.kpis.rate import KPI as RATE
from clerkwork.insight.measures import Facts, ItemFilter, item_count
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.metrics import automation_rate, cumulative_shares, day_start
from clerkwork.store.items import items
from clerkwork.store.items import tallies as store
from clerkwork.store.items.items import Filter

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and its proof.

    Attributes:
        name: Short and stable; the key in exports.
        value: The figure in its unit, or None when there is nothing to compute it from.
        items: Number of items that were counted; the list that *wanted* opens is that long.
        wanted: The items that were counted.
    """

    name: str
    value: float | None
    items: int
    wanted: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiFigure(Figure):
    """The value of a KPI.

    Attributes:
        of: Number of items in the denominator; of all items where the KPI has none.
    """

    kpi: Kpi
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One bar of the Pareto chart of reasons.

    Attributes:
        items: Number of items that were sent to a person with this code.
        share: Share of this and all more frequent codes together.
    """

    code: str
    items: int
    share: float
    wanted: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The items that arrived on one local day.

    Attributes:
        rate: The automation rate of the day, or None when no item was completed or sent.
    """

    day: date
    items: Figure
    by_bot: Figure
    by_human: Figure
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The metrics of a set of items.

    Attributes:
        kpis: The figure of every KPI by its name, in the order in which people see them.
        workflows: The automation rate by workflow.
    """

    wanted: Filter
    kpis: dict[str, KpiFigure]
    states: list[Figure]
    outcomes: list[Figure]
    workflows: list[tuple[str, KpiFigure]]
    causes: list[Cause]
    days: list[Day]

    def figures(self) -> list[Figure]:
        """Return every figure of the report, for checks of each one against its list."""
        days = [figure for day in self.days for figure in (day.items, day.by_bot, day.by_human)]
        rates = [figure for _, figure in self.workflows]
        return [*self.kpis.values(), *self.states, *self.outcomes, *rates, *days]


def report(
    db: Connection, wanted: Filter, *, workflows: dict[str, Workflow], offset: timedelta
) -> Report:
    """Return the metrics of the items that pass *wanted*.

    Args:
        db: An open transaction; all figures are of one instant.
        wanted: Which items; its time range is that of their arrival.
        workflows: The project's workflows, for the minutes that an item takes without a bot.
        offset: Difference of the readers' local time from UTC.
    """
    facts = Facts(
        tallies=store.tallies(db, wanted),
        handling=store.handling(db, wanted),
        manual_minutes={
            name: workflow.fallback.manual_minutes for name, workflow in workflows.items()
        },
    )
    return Report(
        wanted=wanted,
        kpis={kpi.name: _kpi(db, kpi, facts, wanted) for kpi in find_kpis().values()},
        states=_states(facts, wanted),
        outcomes=_outcomes(facts, wanted),
        workflows=_per_workflow(db, facts, wanted),
        causes=_causes(db, wanted),
        days=[_day(tally, wanted, offset) for tally in store.by_day(db, wanted, offset=offset)],
    )


def _kpi(db: Connection, kpi: Kpi, facts: Facts, wanted: Filter) -> KpiFigure:
    number = _count(db, facts, wanted, kpi.numerator)
    of = _count(db, facts, wanted, *(kpi.denominator or (ItemFilter(),)))
    value: float | None = number
    if kpi.numerator.is_tallied:
        value = kpi.measure(facts, [each for each in facts.tallies if kpi.numerator.fits(each)])
    if kpi.denominator and value is not None:
        value = value / of if of else None
    return KpiFigure(
        name=kpi.name,
        value=value,
        items=number,
        wanted=kpi.numerator.within(wanted),
        kpi=kpi,
        of=of,
    )


def _count(db: Connection, facts: Facts, wanted: Filter, *filters: ItemFilter) -> int:
    """Return the number of items that pass one filter or more."""
    if not filters[0].is_tallied:
        return items.count(db, filters[0].within(wanted))
    return item_count(
        facts, [tally for tally in facts.tallies if any(each.fits(tally) for each in filters)]
    )


def _states(facts: Facts, wanted: Filter) -> list[Figure]:
    return [
        _figure(state, number, chosen.within(wanted))
        for state in ItemState
        if (number := _tallied(facts, chosen := ItemFilter(state=state)))
    ]


def _outcomes(facts: Facts, wanted: Filter) -> list[Figure]:
    return [
        _figure(outcome, number, chosen.within(wanted))
        for outcome in Outcome
        if (number := _tallied(facts, chosen := ItemFilter(outcome=outcome)))
    ]


def _tallied(facts: Facts, chosen: ItemFilter) -> int:
    return item_count(facts, [tally for tally in facts.tallies if chosen.fits(tally)])


def _figure(name: str, number: int, wanted: Filter) -> Figure:
    return Figure(name=name, value=number, items=number, wanted=wanted)


def _per_workflow(db: Connection, facts: Facts, wanted: Filter) -> list[tuple[str, KpiFigure]]:
    found = []
    for name in sorted({tally.workflow for tally in facts.tallies}):
        own = [tally for tally in facts.tallies if tally.workflow == name]
        chosen = replace(wanted, workflow=name)
        found.append((name, _kpi(db, RATE, replace(facts, tallies=own), chosen)))
    return found


def _causes(db: Connection, wanted: Filter) -> list[Cause]:
    counts = store.items_by_code(db, wanted)
    shares = cumulative_shares(list(counts.values()))
    return [
        Cause(code=code, items=items, share=share, wanted=replace(wanted, code=code))
        for (code, items), share in zip(counts.items(), shares, strict=True)
    ]


def _day(tally: store.DayTally, wanted: Filter, offset: timedelta) -> Day:
    since, until = day_start(tally.day, offset), day_start(tally.day + 1, offset)
    if wanted.since is not None:
        since = max(since, wanted.since)
    if wanted.until is not None:
        until = min(until, wanted.until)
    arrived = replace(wanted, since=since, until=until)
    alone = replace(arrived, state=ItemState.DONE, touched=False)
    return Day(
        day=EPOCH + timedelta(days=tally.day),
        items=_figure("items", tally.items, arrived),
        by_bot=_figure("by_bot", tally.by_bot, alone),
        by_human=_figure("by_human", tally.by_human, replace(arrived, touched=True)),
        rate=automation_rate(by_bot=tally.by_bot, by_human=tally.by_human),
    )
