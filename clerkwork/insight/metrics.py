"""The figures of the metrics page: each one carries the filter of the items it speaks of."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy.engine import Connection

from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.metrics import automation_rate, cumulative_shares, day_start, per_item
from clerkwork.store.items import items
from clerkwork.store.items import tallies as store
from clerkwork.store.items.items import Filter

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and its proof.

    Attributes:
        name: What it is, short and stable.
        value: The figure in its unit (a count, a share from 0.0 to 1.0, seconds, minutes), or
            None when nothing happened that it could speak of.
        items: Number of items it was drawn from; the list that *wanted* opens is that long.
        wanted: The items it was drawn from.
    """

    name: str
    value: float | None
    items: int
    wanted: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One bar of the Pareto chart of reasons.

    Attributes:
        items: Number of items that went to a person with this code.
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
        rate: The automation rate of the day, or None when nothing was completed or sent.
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
        rate: The automation rate; its items are those the bots completed alone.
        human_minutes: Minutes people spent in reviews; of the items sent to a person.
        bot_seconds: Seconds bots worked; of all items.
        order_seconds: Mean bot seconds per item done; of the items done.
        manual_minutes: Minutes the items done would have taken people without bots.
        median_review_s: Median seconds of one review, from first opening to answer.
        healed: Items for which a field was found on a changed page by what it looked like before.
    """

    wanted: Filter
    rate: Figure
    arrived: Figure
    by_bot: Figure
    by_human: Figure
    done: Figure
    human_minutes: Figure
    bot_seconds: Figure
    order_seconds: Figure
    manual_minutes: Figure
    median_review_s: Figure
    healed: Figure
    states: list[Figure]
    outcomes: list[Figure]
    workflows: list[tuple[str, Figure]]
    causes: list[Cause]
    days: list[Day]

    def figures(self) -> list[Figure]:
        """Return every figure of the report, for whoever checks each against its list."""
        days = [figure for day in self.days for figure in (day.items, day.by_bot, day.by_human)]
        single = [self.rate, self.arrived, self.by_bot, self.by_human, self.done]
        single += [self.human_minutes, self.bot_seconds, self.order_seconds]
        single += [self.manual_minutes, self.median_review_s, self.healed]
        rates = [figure for _, figure in self.workflows]
        return [*single, *self.states, *self.outcomes, *rates, *days]


def report(
    db: Connection, wanted: Filter, *, workflows: dict[str, Workflow], offset: timedelta
) -> Report:
    """Return the metrics of the items that fit *wanted*.

    Args:
        db: An open transaction; all figures are of one instant.
        wanted: Which items; the date range speaks of their arrival.
        workflows: The project's workflows, for the minutes an item takes without a bot.
        offset: How far local clocks are ahead of UTC.
    """
    tallies = store.tallies(db, wanted)
    spent = store.handling(db, wanted)
    human, done = replace(wanted, touched=True), replace(wanted, state=ItemState.DONE)
    changed = replace(wanted, healed=True)
    touched = _count(_sent(tallies))
    finished = [tally for tally in tallies if tally.state is ItemState.DONE]
    bot_ms = sum(tally.bot_ms for tally in tallies)
    done_ms = sum(tally.bot_ms for tally in finished)
    minutes = sum(_manual_minutes(workflows, tally.workflow) * tally.items for tally in finished)
    number, everything = _count(finished), _count(tallies)
    median_s = None if spent.median_ms is None else spent.median_ms / 1000
    by_person = spent.total_ms / 60_000
    return Report(
        wanted=wanted,
        rate=_rate(tallies, wanted),
        arrived=_counted("arrived", everything, wanted),
        by_bot=_counted("by_bot", _count(_alone(tallies)), _alone_filter(wanted)),
        by_human=_counted("by_human", touched, human),
        done=_counted("done", number, done),
        human_minutes=Figure(name="human_minutes", value=by_person, items=touched, wanted=human),
        bot_seconds=Figure(
            name="bot_seconds", value=bot_ms / 1000, items=everything, wanted=wanted
        ),
        order_seconds=Figure(
            name="order_seconds", value=per_item(done_ms, number), items=number, wanted=done
        ),
        manual_minutes=Figure(name="manual_minutes", value=minutes, items=number, wanted=done),
        median_review_s=Figure(name="median_review_s", value=median_s, items=touched, wanted=human),
        healed=_counted("healed", items.count(db, changed), changed),
        states=_states(tallies, wanted),
        outcomes=_outcomes(tallies, wanted),
        workflows=_per_workflow(tallies, wanted),
        causes=_causes(db, wanted),
        days=[_day(tally, wanted, offset) for tally in store.by_day(db, wanted, offset=offset)],
    )


def _count(tallies: list[store.ItemTally]) -> int:
    return sum(tally.items for tally in tallies)


def _alone(tallies: list[store.ItemTally]) -> list[store.ItemTally]:
    return [tally for tally in tallies if tally.state is ItemState.DONE and not tally.touched]


def _sent(tallies: list[store.ItemTally]) -> list[store.ItemTally]:
    return [tally for tally in tallies if tally.touched]


def _alone_filter(wanted: Filter) -> Filter:
    return replace(wanted, state=ItemState.DONE, touched=False)


def _counted(name: str, number: int, wanted: Filter) -> Figure:
    return Figure(name=name, value=number, items=number, wanted=wanted)


def _rate(tallies: list[store.ItemTally], wanted: Filter) -> Figure:
    alone = _count(_alone(tallies))
    return Figure(
        name="rate",
        value=automation_rate(by_bot=alone, by_human=_count(_sent(tallies))),
        items=alone,
        wanted=_alone_filter(wanted),
    )


def _states(tallies: list[store.ItemTally], wanted: Filter) -> list[Figure]:
    counts = {
        state: _count([tally for tally in tallies if tally.state is state]) for state in ItemState
    }
    return [
        _counted(state, number, replace(wanted, state=state))
        for state, number in counts.items()
        if number
    ]


def _outcomes(tallies: list[store.ItemTally], wanted: Filter) -> list[Figure]:
    counts = {
        outcome: _count([tally for tally in tallies if tally.outcome is outcome])
        for outcome in Outcome
    }
    return [
        _counted(outcome, number, replace(wanted, outcome=outcome))
        for outcome, number in counts.items()
        if number
    ]


def _per_workflow(tallies: list[store.ItemTally], wanted: Filter) -> list[tuple[str, Figure]]:
    names = sorted({tally.workflow for tally in tallies})
    return [
        (
            name,
            _rate(
                [tally for tally in tallies if tally.workflow == name],
                replace(wanted, workflow=name),
            ),
        )
        for name in names
    ]


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
    return Day(
        day=EPOCH + timedelta(days=tally.day),
        items=_counted("items", tally.items, arrived),
        by_bot=_counted("by_bot", tally.by_bot, _alone_filter(arrived)),
        by_human=_counted("by_human", tally.by_human, replace(arrived, touched=True)),
        rate=automation_rate(by_bot=tally.by_bot, by_human=tally.by_human),
    )


def _manual_minutes(workflows: dict[str, Workflow], name: str) -> float:
    return workflows[name].fallback.manual_minutes if name in workflows else 0
