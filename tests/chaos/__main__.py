"""Run parts of the crash campaign: ``python -m tests.chaos PART... [--count N] [--seed S]``.

Without a part the whole campaign runs. Each part writes its row into docs/reliability.md.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from clerkwork import clock
from clerkwork.testing.postgres import Databases, own_server
from tests.chaos import life, report
from tests.chaos.campaign import Count, Plan, run_lane
from tests.chaos.life import SLOWEST_COMMIT_S
from tests.chaos.mutants import MUTANTS

COUNTS = {"sqlite": 3000, "postgres": 500, "answers": 1000, "stops": 200, "mutants": 60}
TITLES = {
    "sqlite": "kill -9, SQLite",
    "postgres": "kill -9, PostgreSQL",
    "answers": "answer lost after commit",
    "stops": "SIGSTOP beyond the lease, PostgreSQL",
}


def main() -> int:
    """Run the parts that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*COUNTS, []], default=[])
    parser.add_argument("--count", type=int, help="trials instead of the full number")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--lanes", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--minutes", type=float, help="stop each part after this time")
    parser.add_argument("--dry", action="store_true", help="write no document")
    chosen = parser.parse_args()
    good = True
    for part in chosen.parts or COUNTS:
        run = mutants if part == "mutants" else trials
        good &= run(part, chosen)
    return 0 if good else 1


def trials(part: str, chosen: argparse.Namespace) -> bool:
    """Run one part on the engine as it is; return whether it passed."""
    count, seed, lanes = chosen.count or COUNTS[part], chosen.seed, chosen.lanes
    plan = Plan(seed=seed)
    share = -(-count // lanes)
    if part == "answers":
        plan = replace(plan, orders=share, lost=1.0, phantom=0.0)
    elif part == "stops":
        plan = replace(plan, stops=share)
    else:
        plan = replace(plan, kills=share)
    with ExitStack() as stack:
        plans = [replace(plan, seed=seed * 1000 + lane) for lane in range(lanes)]
        if part in {"postgres", "stops"}:
            made = _databases(stack)
            plans = [replace(p, url=stack.enter_context(made.new())) for p in plans]
        total = run_lanes(plans, chosen.minutes)
    row = row_of(part, count, seed, total)
    say(f"{TITLES[part]}: {row}; boundaries {dict(total.at)}; to people {dict(total.reasons)}")
    if not chosen.dry:
        report.keep("trials", TITLES[part], row)
    return total.caught() == 0


def _databases(stack: ExitStack) -> Databases:
    server = os.environ.get("CLERKWORK_TEST_POSTGRES") or stack.enter_context(own_server())
    made = Databases(server, lambda _: None)
    stack.callback(made.close)
    return made


def run_lanes(plans: list[Plan], minutes: float | None) -> Count:
    """Run one process for each plan and return their figures together."""
    until = None if minutes is None else clock.monotonic() + timedelta(minutes=minutes)
    readers = []
    for plan in plans:
        reading, writing = os.pipe()

        def work(plan: Plan = plan, writing: int = writing) -> None:
            found = run_lane(plan, until)
            figures = {field.name: getattr(found, field.name) for field in fields(found)}
            os.write(writing, report.json.dumps(figures).encode())

        life.forked(work)
        os.close(writing)
        readers.append(reading)
    total = Count()
    for reading in readers:
        with os.fdopen(reading, "rb") as pipe:
            text = pipe.read()
        if not text:
            raise RuntimeError("a lane of the campaign failed; its error is above")
        found = report.json.loads(text)
        total.add(Count(**{k: type(getattr(total, k))(v) for k, v in found.items()}))
    return total


def row_of(part: str, wanted: int, seed: int, total: Count) -> dict[str, Any]:
    """Return the table's row of a part."""
    done = {"answers": total.answers_lost, "stops": total.stops}.get(part, total.kills)
    bound = report.upper_bound(total.caught(), done)
    slowest_s = total.slowest_ms / 1000
    return {
        "trials run": f"{done} of {wanted}",
        "seed": seed,
        "items": total.items,
        "takeovers": total.takeovers,
        "lost": total.lost,
        "doubled": total.doubled,
        "wrong lines": total.wrong,
        "stuck": total.stuck,
        "to people": f"{total.people} ({total.people / max(1, total.items):.1%})",
        "faults per trial, 95 % bound": f"≤ {bound:.2%}",
        "slowest commit": f"{slowest_s:.2f} s"
        + ("" if slowest_s <= SLOWEST_COMMIT_S else ", slower than promised: void"),
    }


def mutants(part: str, chosen: argparse.Namespace) -> bool:
    """Run the campaign on each planted bug until it is caught; return whether all were."""
    count, minutes, all_caught = chosen.count or COUNTS[part], chosen.minutes, True
    for name, mutate in MUTANTS.items():
        step, done, total = max(1, min(10, count)), 0, Count()
        until = None if minutes is None else clock.monotonic() + timedelta(minutes=minutes)
        while done < count and not total.caught() and (until is None or clock.monotonic() < until):
            plan = Plan(seed=chosen.seed * 1000 + done, mutate=mutate)
            if name == "no fence":  # a SQLite store waits for a frozen writer, whatever the fence
                plan = replace(plan, stops=max(1, step // 3), batch=20)
            else:
                plan = replace(plan, kills=step)
            if name == "no quiet period":
                plan = replace(plan, slowest_s=2.5)  # long for a restart, within the quiet period
            with ExitStack() as stack:
                if plan.stops:
                    plan = replace(plan, url=stack.enter_context(_databases(stack).new()))
                total.add(run_lane(plan, until))
            done = total.kills + total.stops
        row = {
            "caught": "yes" if total.caught() else "no",
            "trials": done,
            "lost": total.lost,
            "doubled": total.doubled,
            "wrong lines": total.wrong,
            "stuck": total.stuck,
            "to people": total.people,
        }
        say(f"{name}: {row}")
        if not chosen.dry:
            report.keep("mutants", name, row)
        all_caught &= bool(total.caught())
    return all_caught


def say(text: str) -> None:
    """Tell who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
