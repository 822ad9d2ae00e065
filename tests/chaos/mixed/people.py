"""The people of the mixed part: they answer reviews, edit, cancel and requeue, and pause targets.

What they do next is drawn; every act and its answer is in their journal.
"""

import json
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import sqlalchemy as sa

from clerkwork import clock
from clerkwork.engine import target_gate
from clerkwork.engine.facade import Engine
from clerkwork.engine.operate.operations import Operations
from clerkwork.errors import ClerkworkError, StoreLost
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.model.work.reviews import Decision, Review
from clerkwork.store.items import items
from clerkwork.store.reviews import reviews
from clerkwork.store.schema import item as item_table
from tests.chaos.mixed.journal import Journal
from tests.chaos.mixed.workflows import KINDS, LIMIT, Office, opened

PAUSE = threading.Event()  # never set
# Questions that a person answers by a look into the target.
LOOKS = {"effect_unknown", "not_verified", "confirmed_but_missing"}
# Another record is there under the reference; theirs goes first.
NOT_OURS = {"entered_differently", "entered_with_other_content", "entered_by_other_step"}
TARGETS = ("erp", "books", "archive")
EDITABLE = ("orders", "invoices", "debits", "credits", "requests", "boxes")
UNWORKED = (ItemState.WAITING, ItemState.POSTPONED, ItemState.IN_REVIEW)
GIVEN_UP = (ItemState.CANCELLED, ItemState.EXPIRED, ItemState.REJECTED)


def act(place: Office, seed: int, life: int, pause_s: float, *, only_answer: bool = False) -> None:
    """Act until somebody ends this process; *life* makes the names of its acts unique."""
    with opened(place) as engine:
        chance = random.Random(f"{seed}/people/{life}")  # noqa: S311 - no secret
        people = People(engine, place, chance, life)
        people.resume()
        while True:
            engine.core.store.check()
            people.act(only_answer=only_answer)
            PAUSE.wait(pause_s)


class People:
    """People in front of one console."""

    def __init__(self, engine: Engine, place: Office, chance: random.Random, life: int) -> None:
        self._engine = engine
        self._place = place
        self._chance = chance
        self._journal = Journal(place.root / "acts")
        self._life = life
        self._acts = 0
        self._operations = Operations(engine.core, who="ann", why="trial")

    def act(self, *, only_answer: bool) -> None:
        """Do one thing."""
        kinds = {self._answer: 6, self._edit: 2, self._cancel: 2, self._requeue: 2, self._pause: 1}
        if only_answer:
            self._answer()
        else:
            self._chance.choices(list(kinds), list(kinds.values()))[0]()

    def resume(self) -> None:
        """Resume every target; who paused one may have been killed over it."""
        for name in TARGETS:
            target_gate.release(self._engine.core, name, who="ann", why="trial")

    def _noted(self, what: str, item: WorkItem, act: Callable[[str], Any], **facts: Any) -> None:
        self._acts += 1
        key = f"{what} {self._life}.{self._acts}"
        self._journal.begin(
            key, what=what, item=item.id, workflow=item.workflow, reference=item.reference, **facts
        )
        try:
            self._journal.end(key, act(key))
        except StoreLost:  # whether it was done is seen when the store is back
            raise
        except ClerkworkError as error:
            self._journal.end(key, f"refused: {error}")

    def _answer(self) -> None:
        old = clock.now() - timedelta(seconds=self._place.promised_s)
        with self._engine.core.store.read() as db:
            waiting = [one for one in reviews.open_reviews(db) if one.created < old]
            if not waiting:
                return
            review = self._chance.choice(waiting)
            item = items.get(db, review.item_id)
        assert item is not None
        decision, data = self._decided(review, f"answer {self._life}.{self._acts + 1}")
        self._noted(
            "answer",
            item,
            lambda _: self._engine.answer(
                review.number, decision=decision, data=data, note="trial", who="ann"
            ),
            code=review.code,
            decision=decision.value,
            note=data.get("note") if data else None,
            step=review.step,
        )

    def _decided(self, review: Review, key: str) -> tuple[Decision, dict[str, Any] | None]:
        if review.code == "over_limit":
            if self._chance.random() < 0.1:
                return Decision.REJECT, None
            return Decision.CORRECT, review.shown | {"amount": LIMIT, "note": key}
        if review.code in LOOKS and self._is_entered(review):
            return Decision.BY_HAND, None
        if review.code == "known_otherwise":
            correct = self._chance.random() < 0.5
            return (Decision.CORRECT, review.shown) if correct else (Decision.REJECT, None)
        if review.code in NOT_OURS:
            return Decision.REJECT, None
        return Decision.CORRECT, review.shown

    def _is_entered(self, review: Review) -> bool:
        """Return whether the target holds the record, by a look into it."""
        kind = KINDS[review.workflow].__name__
        address = f"http://{self._place.address}/{kind}/{review.shown['number']}"
        with urlopen(address, timeout=20) as answer:
            return bool(json.loads(answer.read()))

    def _drawn(self, *states: ItemState, workflows: tuple[str, ...] = ()) -> WorkItem | None:
        wanted = item_table.c.state.in_(states)
        if workflows:
            wanted &= item_table.c.workflow.in_(workflows)
        with self._engine.core.store.read() as db:
            numbers = db.execute(
                sa.select(item_table.c.id).where(wanted).order_by(item_table.c.id.desc()).limit(60)
            ).scalars()
            found = list(numbers)
            return items.get(db, self._chance.choice(found)) if found else None

    def _edit(self) -> None:
        item = self._drawn(*UNWORKED, workflows=EDITABLE)
        if item is None:
            return
        self._noted(
            "edit",
            item,
            lambda key: self._operations.edit(item.id, {"note": key}) is not None,
            note=f"edit {self._life}.{self._acts + 1}",
        )

    def _cancel(self) -> None:
        item = self._drawn(*UNWORKED, ItemState.RUNNING)
        if item is not None and self._chance.random() < 0.3:
            self._noted("cancel", item, lambda _: self._operations.cancel(item.id))

    def _requeue(self) -> None:
        item = self._drawn(*GIVEN_UP)
        if item is not None:
            self._noted("requeue", item, lambda _: self._operations.requeue(item.id))

    def _pause(self) -> None:
        """Stop a target for a moment."""
        name = self._chance.choice(TARGETS)
        target_gate.hold(self._engine.core, name, who="ann", why="trial")
        PAUSE.wait(self._chance.uniform(0, 1))
        target_gate.release(self._engine.core, name, who="ann", why="trial")
