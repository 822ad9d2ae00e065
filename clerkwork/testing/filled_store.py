"""Fills a store with invented items in every state, for tests of lists and screenshots of pages.

All data comes from a seeded generator and the given instant, so the same arguments make the same
store.
"""

import hashlib
import io
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.engine import Connection

from clerkwork.model.documents.extraction import Box, FieldEvidence
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.items import ItemState, NewItem, Outcome
from clerkwork.model.work.reviews import Decision, NewReview, flatten
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.database import Store
from clerkwork.store.items import items, transitions
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events, planned_runs, workers

ORDER = "clerkwork.model.orders.PurchaseOrder"
SUPPLIERS = ("Northwind GmbH", "上海申通办公用品有限公司", "Harbour Steel Ltd", "Brightline Tools")
GOODS = (("M49497", "Bearing 6205-2RS"), ("K77380", "办公椅 Ergonomic chair"), ("P10", "Pump seal"))
REASONS = {
    "low_confidence": ("{count} fields could not be read with certainty.", {"count": "2"}),
    "sum_mismatch": ("The lines add up to {found}, the total says {total}.", {}),
    "over_limit": ("The total {total} is over the limit of {limit}.", {"limit": "100000.00"}),
    "unknown_supplier": ("The supplier {supplier} is not in the portal's list.", {}),
}
WEIGHTS = (8, 4, 2, 1)
LEASE = timedelta(minutes=10)
PAGE = (1000, 1414)
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)


@dataclass(slots=True, kw_only=True)
class Filler:
    """Fills a store.

    Attributes:
        now: The instant that counts as the present.
        days: Number of days over which the items arrived.
    """

    store: Store
    evidence: Path
    now: datetime
    days: int = 21
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - no secret

    def fill(self, number: int) -> None:
        """Add *number* items, a worker, planned runs, and one document with a page picture."""
        with self.store.write() as db:
            for place in range(number):
                self._item(db, place, number)
            self._surroundings(db)
        self.document()

    def document(self, reference: str = "scan-0117.jpg") -> int:
        """Add a scanned order with an uncertain supplier and tax, and return its review."""
        order = self._order(99)
        picture, boxes = draw_page(order)
        sha256 = keep(self.evidence, picture)
        read = {**flatten(order), "supplier": "Northwind GmbO", "tax": "1O.40"}
        with self.store.write() as db:
            item_id = self._add(db, "form_extraction", reference, {"file": "x", "name": reference})
            said = "{engine} is only {share} sure of this."
            fields = [
                FieldEvidence(
                    path=path,
                    value=text,
                    raw=text,
                    confidence=0.62 if path in {"supplier", "tax"} else 0.97,
                    boxes=boxes.get(path, []),
                    reason=said if path in {"supplier", "tax"} else "",
                    facts={"engine": "tesseract", "share": "62 %"},
                    doubtful=path in {"supplier", "tax"},
                    candidates=[str(flatten(order)[path])] if path in {"supplier", "tax"} else [],
                )
                for path, text in read.items()
            ]
            return self._ask(
                db,
                item_id,
                "low_confidence",
                facts={"count": "2"},
                shown=read,
                fields=fields,
                pages=[sha256],
            )

    def order(self, number: str = "PO-7001", **source: Any) -> int:
        """Add an order from a workbook that is in review, and return its review."""
        order = self._order(7) | {"number": number}
        where = {"file": "orders.xlsx", "sheet": "Orders", "rows": [4, 5]} | source
        with self.store.write() as db:
            item_id = self._add(db, "purchase_orders", number, order, source=where)
            fields = _plain(order, ("total",))
            facts = {"total": order["total"]}
            return self._ask(db, item_id, "over_limit", facts=facts, shown=order, fields=fields)

    def _item(self, db: Connection, place: int, number: int) -> None:
        ago = timedelta(days=self.days) * (1 - place / number) * self.chance.uniform(0.97, 1)
        arrived = self.now - ago
        order = self._order(place)
        item_id = self._add(
            db, "purchase_orders", order["number"], order, at=arrived, source=_rows(place)
        )
        worked = timedelta(seconds=self.chance.uniform(4, 14))
        held = transitions.reserve(
            db, item_id, worker="worker-1", now=arrived + timedelta(seconds=2)
        )
        if held is None:
            return
        end = arrived + timedelta(seconds=2) + worked
        self._run(db, item_id, arrived + timedelta(seconds=2), worked)
        alone = self.chance.random() < 0.55 + 0.25 * place / number
        if alone:
            receipt = {"confirmation": f"C-{item_id}", "reference": order["number"]}
            transitions.complete(db, item_id, held.attempt, result=receipt, now=end)
            self._event(db, item_id, end, Kind.RUN_ENDED, "{state}", state="done")
            return
        self._person(db, item_id, held.attempt, order, end, old=ago > timedelta(days=1))

    def _person(
        self,
        db: Connection,
        item_id: int,
        attempt: int,
        order: dict[str, Any],
        at: datetime,
        *,
        old: bool,
    ) -> None:
        code = self.chance.choices(list(REASONS), WEIGHTS)[0]
        facts = {"supplier": order["supplier"], "total": order["total"], "found": "17.00"}
        message = REASONS[code][0]
        transitions.send_to_review(db, item_id, attempt, code=code, reason=message, now=at)
        fields = _plain(order, ("supplier" if code == "unknown_supplier" else "total",))
        number = self._ask(
            db, item_id, code, facts=facts, shown=order, fields=fields, at=at, move=False
        )
        if not old:
            return
        opened = at + timedelta(minutes=self.chance.uniform(5, 90))
        answered = opened + timedelta(seconds=self.chance.uniform(8, 60))
        reviews.claim(db, number, who="li.wei", now=opened, lease=LEASE)
        decision = self.chance.choices(list(Decision), (12, 1, 2, 1))[0]
        data = order | {"total": "17.00"} if decision is Decision.CORRECT else None
        reviews.answer(
            db, number, decision=decision, data=data, note="", who="li.wei", now=answered
        )
        self._event(
            db,
            item_id,
            answered,
            Kind.REVIEW_ANSWERED,
            "{who} decided: {decision}",
            who="li.wei",
            decision=decision.value,
        )
        self._close(db, item_id, decision, answered)

    def _close(self, db: Connection, item_id: int, decision: Decision, at: datetime) -> None:
        ends = {
            Decision.CORRECT: (ItemState.DONE, Outcome.ASSISTED),
            Decision.BY_HAND: (ItemState.DONE, Outcome.BY_HAND),
            Decision.REJECT: (ItemState.REJECTED, Outcome.REJECTED),
            Decision.RETURN: (ItemState.RETURNED, Outcome.RETURNED),
        }
        state, outcome = ends[decision]
        transitions.close(db, item_id, state=state, outcome=outcome, now=at)

    def _ask(
        self,
        db: Connection,
        item_id: int,
        code: str,
        *,
        facts: dict[str, str],
        shown: dict[str, Any],
        fields: list[FieldEvidence],
        pages: list[str] | None = None,
        at: datetime | None = None,
        move: bool = True,
    ) -> int:
        message, known = REASONS[code]
        at = at or self.now - timedelta(minutes=20)
        if move:
            held = transitions.reserve(db, item_id, worker="worker-1", now=at)
            if held is not None:
                transitions.send_to_review(
                    db, item_id, held.attempt, code=code, reason=message, now=at
                )
        new = NewReview(
            step="check",
            code=code,
            message=message,
            facts=known | facts,
            model=ORDER,
            shown=shown,
            fields=fields,
            pages=pages or [],
        )
        due = at + timedelta(hours=2)
        self._event(
            db,
            item_id,
            at,
            Kind.REVIEW_OPENED,
            message,
            level=Level.WARNING,
            code=code,
            **new.facts,
        )
        return reviews.add(db, item_id, 1, new, due=due, now=at)

    def _add(
        self,
        db: Connection,
        workflow: str,
        reference: str,
        payload: dict[str, Any],
        *,
        at: datetime | None = None,
        source: dict[str, Any] | None = None,
    ) -> int:
        at = at or self.now - timedelta(minutes=21)
        new = NewItem(
            workflow=workflow,
            reference=reference,
            payload=payload,
            source=source or {"file": reference},
        )
        digest = hashlib.sha256(reference.encode()).hexdigest()
        found = items.add(db, new, queue="portal", digest=digest, state=ItemState.WAITING, now=at)
        if found is None:
            raise ValueError(f"{reference} is in {workflow} already")
        said = "{reference} was added."
        self._event(db, found, at, Kind.ITEM_ADDED, said, run="", reference=reference)
        return found

    def _run(self, db: Connection, item_id: int, start: datetime, worked: timedelta) -> None:
        self._event(db, item_id, start, Kind.RUN_STARTED, "")
        at = start
        for step, part in (("look_up", 0.3), ("check", 0.05), ("enter", 0.65)):
            self._event(db, item_id, at, Kind.STEP_STARTED, "", step=step)
            at += worked * part
            ms = round(worked.total_seconds() * 1000 * part)
            self._event(db, item_id, at, Kind.STEP_DONE, "", step=step, ms=ms)

    def _event(
        self,
        db: Connection,
        item_id: int,
        at: datetime,
        kind: Kind,
        message: str,
        *,
        level: Level = Level.INFO,
        step: str | None = None,
        run: str | None = None,
        **data: Any,
    ) -> None:
        new = Event(
            at=at,
            kind=kind,
            level=level,
            item_id=item_id,
            run_id=(f"item-{item_id}-1" if run is None else None),
            attempt=1,
            worker="worker-1",
            step=step,
            message=message,
            data=data,
        )
        events.add(db, new)

    def _order(self, place: int) -> dict[str, Any]:
        lines, net = [], 0
        for number in range(1 + place % 3):
            code, description = GOODS[(place + number) % len(GOODS)]
            quantity, cents = self.chance.randint(1, 20), self.chance.randint(100, 90_000)
            net += quantity * cents
            line = {"code": code, "description": description, "quantity": str(quantity)}
            line |= {"unit_price": _money(cents), "amount": _money(quantity * cents)}
            lines.append(line)
        return {
            "number": f"PO-{10_000 + place}",
            "order_date": (self.now - timedelta(days=place % 9)).date().isoformat(),
            "supplier": SUPPLIERS[place % len(SUPPLIERS)],
            "currency": "CNY",
            "lines": lines,
            "tax": "10.40",
            "total": _money(net + 1040),
        }

    def _surroundings(self, db: Connection) -> None:
        workers.register(db, "worker-1", host="ops", pid=4711, now=self.now)
        for minute in range(6):
            instant = self.now.replace(second=0, microsecond=0) - timedelta(minutes=minute)
            if planned_runs.claim(db, "purchase_orders", instant, worker="worker-1", now=instant):
                blocked = minute == 3
                planned_runs.finish(
                    db,
                    "purchase_orders",
                    instant,
                    state=PlannedState.BLOCKED if blocked else PlannedState.RAN,
                    items=0 if blocked else minute,
                    reason="The inbox folder cannot be read." if blocked else "",
                    now=instant,
                )


def keep(evidence: Path, picture: bytes) -> str:
    """Keep a JPEG as content-addressed evidence and return its address."""
    sha256 = hashlib.sha256(picture).hexdigest()
    file = evidence / sha256[:2] / f"{sha256}.jpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture)
    return sha256


def draw_page(order: dict[str, Any]) -> tuple[bytes, dict[str, list[Box]]]:
    """Return a page with the order as a JPEG, and the position of each field on it.

    The supplier is wrapped over two lines.
    """
    width, height = PAGE
    image = Image.new("RGB", PAGE, "#fdfdfb")
    draw = ImageDraw.Draw(image)
    font = next((name for name in FONTS if Path(name).exists()), None)
    small = ImageFont.truetype(font, 22) if font else ImageFont.load_default(22)
    large = ImageFont.truetype(font, 40) if font else ImageFont.load_default(40)
    draw.text((70, 60), "PURCHASE ORDER 采购订单", fill="black", font=large)
    boxes: dict[str, list[Box]] = defaultdict(list)

    def put(path: str, text: str, left: int, top: int) -> None:
        draw.text((left, top), text, fill="#111", font=small)
        x0, y0, x1, y1 = draw.textbbox((left, top), text, font=small)
        edges = {"left": x0 / width, "top": y0 / height, "right": x1 / width, "bottom": y1 / height}
        boxes[path].append(Box(page=0, **edges))

    top = 170
    for name in ("number", "order_date", "supplier", "currency"):
        draw.text((70, top), name.replace("_", " "), fill="#777", font=small)
        for below, text in enumerate(str(order[name]).split(" ", 1)):
            put(name, text, 260, top + 24 * below)
        top += 52
    top += 40
    columns = {"code": 70, "description": 200, "quantity": 560, "unit_price": 660, "amount": 820}
    for index, line in enumerate(order["lines"]):
        for name, left in columns.items():
            put(f"lines.{index}.{name}", str(line[name]), left, top)
        draw.line((70, top + 38, 930, top + 38), fill="#bbb")
        top += 52
    for name in ("tax", "total"):
        draw.text((660, top + 20), name, fill="#777", font=small)
        put(name, str(order[name]), 820, top + 20)
        top += 52
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=82)
    return stream.getvalue(), boxes


def _plain(order: dict[str, Any], doubtful: tuple[str, ...]) -> list[FieldEvidence]:
    return [
        FieldEvidence(path=path, value=text, raw=text, confidence=1.0, doubtful=path in doubtful)
        for path, text in flatten(order).items()
    ]


def _rows(place: int) -> dict[str, Any]:
    return {"file": "orders.xlsx", "sheet": "Orders", "rows": [2 + place * 2, 3 + place * 2]}


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
