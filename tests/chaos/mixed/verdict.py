"""The verdict on the mixed part: every item, every acknowledged operation, every figure.

The journals say what was asked and acknowledged. From them follows what each item may look like and
what the target must contain; everything else there is counted as a fault.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from clerkwork.engine.sweep.stuck_items import Problem
from clerkwork.insight.metrics import report
from clerkwork.model.work.items import CLOSED, ItemState, Outcome
from clerkwork.store.items.items import Filter
from clerkwork.store.runs import events
from clerkwork.store.schema import event as event_table
from clerkwork.store.schema import item as item_table
from clerkwork.store.schema import review as review_table
from tests.chaos.mixed import senders
from tests.chaos.mixed.journal import Journal, Operation
from tests.chaos.mixed.workflows import KINDS, WORKFLOWS, Office, opened
from tests.chaos.target import records

ENDLESS = 10**9
ENTERING = [name for name in KINDS if name != "parcels"]
OPEN = {state.value for state in ItemState} - {state.value for state in CLOSED}
EXPECTED_CODES = {
    "over_limit",
    "effect_unknown",
    "known_otherwise",
    "entered_differently",
    "entered_with_other_content",
    "entered_by_other_step",
    "stock_unknown",
}

Row = dict[str, Any]
Record = tuple[str, str]  # kind and number


@dataclass(slots=True)
class Expected:
    """What the journals say of one item.

    Attributes:
        notes: Each *note* that its data may have now.
        acts: What people did to it that may have changed its state: cancel, requeue, a decision.
    """

    notes: set[str] = field(default_factory=lambda: {"first"})
    acts: list[tuple[str, bool]] = field(default_factory=list)


def create(place: Office) -> None:
    """Create the lane's store."""
    with opened(place):
        pass


def left(place: Office) -> int:
    """Return how many items are not closed."""
    statement = sa.select(sa.func.count()).where(item_table.c.state.in_(OPEN))
    with opened(place) as engine, engine.core.store.read() as db:
        return int(db.execute(statement).scalar_one())


def judge(place: Office, seed: int, items: int) -> Counter[str]:
    """Return how many faults of each kind are found."""
    from tests.chaos import life  # noqa: PLC0415 - a store is opened in a child process alone

    rows, reviews, wrong_figures, attached, repairs = life.answer_of(lambda: _read(place))
    there: dict[Record, list[Row]] = defaultdict(list)
    for kind, number, body in records(place.root / "target.db"):
        there[kind, number].append(json.loads(body))
    known = {(row["workflow"], row["reference"]): row for row in rows}
    count: Counter[str] = Counter({"items": len(rows), "wrong figures": wrong_figures})
    count["stuck"] += repairs  # the sweep helps such items, but no transition may leave one so
    _judge_sent(count, known, seed, items)
    expected = _expected(Journal(place.root / "acts").operations())
    for row in rows:
        _judge_item(count, row, expected[row["id"]], attached)
    _judge_records(count, rows, there, expected)
    count["takeovers"] = sum(row["takeovers"] for row in rows)
    codes = Counter(one["code"] for one in reviews)
    count.update({f"question {code}": number for code, number in codes.items()})
    count["to people"] = sum(n for code, n in codes.items() if code not in EXPECTED_CODES)
    return count


def _read(place: Office) -> list[Any]:
    with opened(place) as engine, engine.core.store.read() as db:
        rows = [dict(row) for row in db.execute(sa.select(item_table)).mappings()]
        reviews = [dict(row) for row in db.execute(sa.select(review_table)).mappings()]
        figures = report(db, Filter(), workflows=WORKFLOWS, offset=timedelta())
        attached = {
            row["id"]: len(events.attached(db, f"item-{row['id']}-{row['run_no']}"))
            for row in rows
            if row["workflow"] == "requests"
        }
        wrong = _wrong_figures(figures, rows, reviews)
        repaired = event_table.c.message.in_([str(problem) for problem in Problem])
        repairs = db.execute(sa.select(sa.func.count()).where(repaired)).scalar_one()
    return json.loads(json.dumps([rows, reviews, wrong, attached, repairs], default=str))


def _wrong_figures(found: Any, rows: list[Row], reviews: list[Row]) -> int:
    """Return how many figures of the report differ from a pass over all rows."""
    alone = [row for row in rows if row["state"] == "done" and not row["touched"]]
    sent = [row for row in rows if row["touched"]]
    done = [row for row in rows if row["state"] == "done"]
    both = len(alone) + len(sent)
    wanted = {
        "rate": len(alone) / both if both else None,
        "arrived": len(rows),
        "by_bot": len(alone),
        "by_human": len(sent),
        "done": len(done),
        "bot_seconds": sum(row["bot_ms"] for row in rows) / 1000,
    }
    causes: dict[str, set[int]] = defaultdict(set)
    for one in reviews:
        causes[one["code"]].add(one["item_id"])
    wrong = sum(found.kpis[name].value != value for name, value in wanted.items())
    wrong += {cause.code: cause.items for cause in found.causes} != {
        code: len(numbers) for code, numbers in causes.items()
    }
    for counted, key in ((found.states, "state"), (found.outcomes, "outcome")):
        tally = Counter(row[key] for row in rows if row[key])
        wrong += {figure.name: figure.items for figure in counted} != dict(tally)
    return wrong


def _judge_sent(
    count: Counter[str], known: dict[tuple[str, str], Row], seed: int, items: int
) -> None:
    """Every item that was sent is there once."""
    for sending in senders.plan(seed, items):
        for paper in sending.papers:
            if sending.workflow == "scans":
                continue  # known by their content; their records are judged
            if (sending.workflow, paper.number) not in known:
                note(count, "lost", f"{sending.workflow} {paper.number} by {sending.way}")


def _expected(acts: dict[str, Operation]) -> dict[int, Expected]:
    found: dict[int, Expected] = defaultdict(Expected)
    for act in acts.values():
        one, facts = found[act.facts["item"]], act.facts
        sure = act.acknowledged and act.answer is True
        if act.acknowledged and act.answer is not True:
            continue  # refused: nothing was changed
        if facts.get("note") and facts.get("decision") in {None, "correct"}:
            one.notes = {facts["note"]} if sure else one.notes | {facts["note"]}
        one.acts.append((facts.get("decision") or facts["what"], sure))
    return found


def _judge_item(
    count: Counter[str], row: Row, expected: Expected, attached: dict[str, int]
) -> None:
    """Every item came to an end, and to one that somebody asked for."""
    state, names = row["state"], [name for name, _ in expected.acts]
    if state in OPEN:
        note(count, "stuck", f"{row['workflow']} {state} {row['reason_code']}")
    asked = {ItemState.CANCELLED: "cancel", ItemState.REJECTED: "reject"}
    if state in asked and asked[state] not in names:
        note(count, "wrong end", f"{state}, and nobody asked for it")
    if state in {ItemState.RETURNED, ItemState.EXPIRED}:
        note(count, "wrong end", state)
    if state == ItemState.CANCELLED and expected.acts[-1] == ("requeue", True):
        note(count, "wrong end", "cancelled although it was requeued since")
    by_bot = row["outcome"] in {Outcome.BY_BOT, Outcome.ASSISTED}
    if row["workflow"] == "requests" and by_bot and attached[str(row["id"])] != 1:
        note(count, "wrong end", f"{attached[str(row['id'])]} files in place of one")


def _judge_records(
    count: Counter[str],
    rows: list[Row],
    there: dict[Record, list[Row]],
    expected: dict[int, Expected],
) -> None:
    """The target holds each record once, and with the data of an item that may have entered it."""
    by_record: dict[Record, list[Row]] = defaultdict(list)
    for row in rows:
        if row["workflow"] in ENTERING:
            by_record[_record(row)].append(row)
    count["doubled"] = sum(len(found) > 1 for found in there.values())
    count["wrong lines"] += sum(record not in by_record for record in there)
    for record, group in by_record.items():
        found = there.get(record, [])
        done = [row for row in group if row["state"] == ItemState.DONE]
        if done and not found:
            note(count, "lost", f"{record} is done and not in the target")
        if found and not done and not any(row["touched"] for row in group):
            note(count, "wrong end", "given up without a person although it was entered")
        notes = {note for row in group for note in _notes(row, expected[row["id"]])}
        for body in found:
            if body["note"] not in notes:
                note(count, "wrong lines", f"{record} as {body['note']}, not {sorted(notes)}")


def note(count: Counter[str], fault: str, what: str) -> None:
    """Count a fault, and what it is."""
    count[fault] += 1
    count[f"{fault}: {what}"] += 1


def _record(row: Row) -> Record:
    kind = KINDS[row["workflow"]].__name__
    payload = row["payload"]
    return kind, payload["name"] if row["workflow"] == "scans" else payload["number"]


def _notes(row: Row, expected: Expected) -> set[str]:
    if row["workflow"] == "scans":
        return {""}
    sent = row["payload"]["note"]
    return expected.notes | {sent} if sent.startswith("again") else expected.notes
