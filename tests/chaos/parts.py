"""The parts of the campaign: what each runs, at what size, and the row that it writes."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from clerkwork.testing.postgres import Databases, own_server
from tests.chaos import clocks, disks, life, pages, powercuts, report, schedulers
from tests.chaos.campaign import Plan, run_lane
from tests.chaos.life import SLOWEST_COMMIT_S
from tests.chaos.mixed import lane as mixed
from tests.chaos.mutants import MIXED_MUTANTS, MUTANTS, normal

FAULTS = ("lost", "doubled", "wrong lines", "stuck", "damaged", "wrong end", "wrong figures")
ITEMS_PER_FAULT = 8  # of the mixed part


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of a part.

    Attributes:
        count: Trials, over all lanes together.
        until: The monotonic instant after which no trial begins, or None.
    """

    count: int
    seed: int
    lanes: int
    until: timedelta | None

    def shares(self) -> list[tuple[int, int]]:
        """Return a seed and a number of trials for each lane."""
        lanes = min(self.lanes, self.count)
        whole, rest = divmod(self.count, lanes)
        return [(self.seed * 1000 + n, whole + (n < rest)) for n in range(lanes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A row of a table, and whether the campaign may be content with it."""

    section: str
    title: str
    row: dict[str, Any]
    remarks: str
    good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part, and how many trials it has at its full size."""

    count: int
    run: Callable[[Wanted], Iterator[Outcome]]


def sqlite(wanted: Wanted) -> Iterator[Outcome]:
    """Kill workers on a SQLite store."""
    plans = [Plan(seed=seed, kills=share) for seed, share in wanted.shares()]
    yield outcome("kill -9, SQLite", wanted, run_plans(plans, wanted))


def postgres(wanted: Wanted) -> Iterator[Outcome]:
    """Kill workers on PostgreSQL."""
    with databases() as made:
        plans = [Plan(seed=seed, kills=share, url=made()) for seed, share in wanted.shares()]
        yield outcome("kill -9, PostgreSQL", wanted, run_plans(plans, wanted))


def mixed_sqlite(wanted: Wanted) -> Iterator[Outcome]:
    """Many workflows, senders and people, with faults of many kinds, on SQLite."""
    plans = [mixed_plan(seed, share) for seed, share in wanted.shares()]
    total = together([lambda p=p: mixed.run_lane(p, wanted.until) for p in plans])
    yield outcome("mixed work, SQLite", wanted, total)


def mixed_postgres(wanted: Wanted) -> Iterator[Outcome]:
    """The same on PostgreSQL; each lane has a server of its own, which is restarted."""
    with ExitStack() as servers:
        plans = [
            mixed_plan(seed, share, url=servers.enter_context(own_server()))
            for seed, share in wanted.shares()
        ]
        total = together([lambda p=p: mixed.run_lane(p, wanted.until) for p in plans])
    yield outcome("mixed work, PostgreSQL", wanted, total)


def mixed_plan(seed: int, faults: int, **more: Any) -> mixed.Plan:
    """Return the plan of a lane with so many faults."""
    return mixed.Plan(seed=seed, items=ITEMS_PER_FAULT * faults, faults=faults, **more)


def answers(wanted: Wanted) -> Iterator[Outcome]:
    """Lose the first answer to every order, after the commit."""
    plans = [
        Plan(seed=seed, orders=share, lost=1.0, phantom=0.0) for seed, share in wanted.shares()
    ]
    yield outcome("answer lost after commit", wanted, run_plans(plans, wanted))


def stops(wanted: Wanted) -> Iterator[Outcome]:
    """Freeze workers beyond their lease, on PostgreSQL."""
    wanted = replace(wanted, lanes=2 * wanted.lanes)  # they wait more than they work
    with databases() as made:
        plans = [Plan(seed=seed, stops=share, url=made()) for seed, share in wanted.shares()]
        yield outcome("SIGSTOP beyond the lease, PostgreSQL", wanted, run_plans(plans, wanted))


def two_schedulers(wanted: Wanted) -> Iterator[Outcome]:
    """Kill one of two schedulers, half of the lanes on SQLite and half on PostgreSQL."""
    with databases() as made:
        plans = [
            schedulers.Plan(seed=seed, kills=share, **({"url": made()} if n % 2 else {}))
            for n, (seed, share) in enumerate(wanted.shares())
        ]
        total = together([lambda p=p: schedulers.run_lane(p, wanted.until) for p in plans])
    yield outcome("two schedulers, kill -9", wanted, total)


def clock_steps(wanted: Wanted) -> Iterator[Outcome]:
    """Set the clock of workers and a scheduler."""
    lanes = [(Plan(seed=seed), share) for seed, share in wanted.shares()]
    total = together([lambda at=at: clocks.run_lane(*at, wanted.until) for at in lanes])  # type: ignore[call-arg]  # a pair
    yield outcome("the clock is set", wanted, total)


def full_disks(wanted: Wanted) -> Iterator[Outcome]:
    """Let every write of one item fail."""
    faults = life.answer_of(lambda: disks.faults_of_one_item(wanted.seed))
    step = max(1, len(faults) // wanted.count)
    faults = faults[::step][: wanted.count]
    plans = [
        disks.Plan(seed=seed, faults=faults[n :: wanted.lanes])
        for n, (seed, _) in enumerate(wanted.shares())
    ]
    total = together([lambda p=p: disks.run_lane(p, wanted.until) for p in plans])
    whole = replace(wanted, count=len(faults))
    yield outcome("ENOSPC and EIO at every write of one item", whole, total)


def power(wanted: Wanted) -> Iterator[Outcome]:
    """Cut the power at random instants of a recorded run."""
    total = together([lambda: powercuts.run(wanted.seed, wanted.count)])
    yield outcome("power cut, SQLite", wanted, total)


def in_browser(wanted: Wanted) -> Iterator[Outcome]:
    """Enter orders through a real browser into pages that misbehave, and kill workers."""
    plans = [pages.Plan(seed=seed, orders=share) for seed, share in wanted.shares()]
    total = together([lambda p=p: pages.run_lane(p, wanted.until) for p in plans])
    found = outcome("pages in a real browser, kill -9", wanted, total)
    row = found.row | {"remarks": pages.remarks(total)}
    yield replace(found, row=row, good=not caught(total))  # such pages are a person's


def mutants(wanted: Wanted) -> Iterator[Outcome]:
    """Run the campaign on each planted bug until it is caught."""
    for name, mutate in MUTANTS.items():
        total: Counter[str] = Counter()
        with databases() as made:
            while total["trials"] < wanted.count and not caught(total):
                plan = Plan(seed=wanted.seed * 1000 + total["trials"], kills=10, mutate=mutate)
                if name == "no fence":  # SQLite waits for a frozen writer, whatever the fence
                    plan = replace(plan, kills=0, stops=4, batch=20, url=made())
                if name == "no quiet period":
                    plan = replace(plan, slowest_s=8.0, promised_s=10.0, batch=20)
                total += together([lambda plan=plan: run_lane(plan, wanted.until)])
        yield planted(name, total)
    for name, mutate in MIXED_MUTANTS.items():
        total = Counter()
        while total["trials"] < wanted.count and not caught(total):
            plan = mixed_plan(wanted.seed * 1000 + total["trials"], 10, mutate=mutate)
            total += together([lambda plan=plan: mixed.run_lane(plan, wanted.until)])
        yield planted(name, total)
    total = together([lambda: powercuts.run(wanted.seed, 5 * wanted.count, normal)])
    yield planted("synchronous NORMAL", total)
    yield from page_mutants(wanted)


def page_mutants(wanted: Wanted) -> Iterator[Outcome]:
    """Run the part ``pages`` on each bug planted in the browser until it is caught."""
    for name in pages.MUTANTS:
        total: Counter[str] = Counter()
        while total["trials"] < wanted.count and not caught(total):
            seed = wanted.seed * 1000 + total["trials"]
            plan = pages.Plan(seed=seed, orders=min(20, wanted.count), kill_share=0, mutant=name)
            total += together([lambda plan=plan: pages.run_lane(plan, wanted.until)])
        yield planted(name, total)


def planted(name: str, total: Counter[str]) -> Outcome:
    """Return the row of a planted bug."""
    found = {key: total[key] for key in (*FAULTS, "to people")}
    row = {"caught": "yes" if caught(total) else "no", "trials": total["trials"], **found}
    return Outcome(
        section="mutants", title=name, row=row, remarks=spread(total), good=caught(total) > 0
    )


def outcome(title: str, wanted: Wanted, total: Counter[str]) -> Outcome:
    """Return the row of a part that was run on the engine as it is."""
    trials, people = total["trials"], total["to people"]
    slowest_s = total["slowest_ms"] / 1000
    void = slowest_s > SLOWEST_COMMIT_S
    row = {
        "trials run": f"{trials} of {wanted.count}",
        "seed": wanted.seed,
        "items": total["items"],
        **{key: total[key] for key in FAULTS},
        "to people": f"{people} ({people / max(1, total['items']):.1%})",
        "faults per trial, 95 % bound": f"≤ {report.upper_bound(caught(total), trials):.2%}",
        "remarks": f"slowest commit {slowest_s:.2f} s, longer than promised: void" if void else "",
    }
    # An order that the target answered and did not store is a person's: nobody else can tell.
    answered = min(total["answered, not stored"], total["reason effect_unknown"])
    good = not caught(total) and not void and people - answered <= total["items"] / 100
    return Outcome(section="trials", title=title, row=row, remarks=spread(total), good=good)


def caught(total: Counter[str]) -> int:
    """Return how many faults were seen."""
    return sum(total[key] for key in FAULTS)


def spread(total: Counter[str]) -> str:
    """Return the figures that no column shows."""
    return ", ".join(f"{key} {number}" for key, number in sorted(total.items()) if number)


def run_plans(plans: list[Plan], wanted: Wanted) -> Counter[str]:
    """Run a lane for each plan."""
    return together([lambda plan=plan: run_lane(plan, wanted.until) for plan in plans])


def together(lanes: list[Callable[[], Counter[str]]]) -> Counter[str]:
    """Run each lane in a process of its own and return their figures together."""
    total: Counter[str] = Counter()
    for read in [life.asked(lane) for lane in lanes]:
        found = read()
        slowest_ms = max(total["slowest_ms"], found.get("slowest_ms", 0))
        total.update(found)
        total["slowest_ms"] = slowest_ms
    return total


class databases(ExitStack):  # noqa: N801 - used as a function that opens a context
    """Makes PostgreSQL databases, on a server of our own or the one that is given."""

    def __enter__(self) -> Any:
        """Return what makes the address of a new database."""
        super().__enter__()
        kept: list[Databases] = []

        def new() -> str:
            if not kept:
                server = os.environ.get("CLERKWORK_TEST_POSTGRES") or self.enter_context(
                    own_server()
                )
                kept.append(Databases(server, lambda _: None))
                self.callback(kept[0].close)
            return self.enter_context(kept[0].new())

        return new


PARTS = {
    "sqlite": Part(count=3000, run=sqlite),
    "postgres": Part(count=500, run=postgres),
    "mixed-sqlite": Part(count=280, run=mixed_sqlite),
    "mixed-postgres": Part(count=280, run=mixed_postgres),
    "answers": Part(count=1000, run=answers),
    "stops": Part(count=200, run=stops),
    "schedulers": Part(count=500, run=two_schedulers),
    "clocks": Part(count=100, run=clock_steps),
    "disks": Part(count=1000, run=full_disks),
    "power": Part(count=1000, run=power),
    "pages": Part(count=160, run=in_browser),
    "mutants": Part(count=60, run=mutants),
}
