"""How items of a queue stand to each other: rank with ageing, deadline, batch, conflict."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import Field, model_validator

from clerkwork.errors import UsageError
from clerkwork.model.strict import Name, Seconds, Strict

LABELS = "@"  # between a queue's name and the labels that its items need
OnConflict = Literal["review", "reject", "merge", "supersede"]
START = datetime(2020, 1, 1, tzinfo=UTC)
LAST_RANK = 2**31 - 1
MOST_AGEING_S = 86_400


class Deadline(Strict):
    """Until when an item should be closed, from its arrival on."""

    due_s: Seconds = Field(description="Seconds from arrival to the due instant.")
    warn_s: Seconds | None = Field(
        None, description="Seconds from arrival to a warning in the run log, or nothing."
    )
    calendar: Name | None = Field(
        None, description="Business calendar whose hours are counted; without it, wall time."
    )
    on_due: Literal["escalate", "expire", "nothing"] = Field(
        "escalate",
        description="`escalate`: an item nobody works on goes to a person; `expire`: it is closed, "
        "unless something was sent; `nothing`: only the run log says it.",
    )

    @model_validator(mode="after")
    def _warned_before(self) -> "Deadline":
        if self.warn_s is not None and self.warn_s >= self.due_s:
            raise ValueError("`warn_s` must be less than `due_s`")
        return self


def rank(arrived: datetime, priority: int, ageing_s: float) -> int:
    """Return an item's place in its queue; the least goes first.

    Each *ageing_s* seconds of waiting count as one step of priority. All items age at the same
    pace, so which of two goes first never changes while they wait: the rank is a constant and
    needs no sweep to renew it. Whoever waits is overtaken only by items that arrived within
    (difference of priority) x *ageing_s* seconds after it, so nobody waits for ever.
    """
    seconds = (arrived - START) / timedelta(seconds=1)
    return min(LAST_RANK, max(1, int(seconds + priority * ageing_s)))


def queue_name(resource: str, labels: Iterable[str]) -> str:
    """Return the queue of items that need *resource* and a worker with *labels*.

    Items that need labels have a queue of their own, such as ``erp@windows``, so that a worker
    without them never sees them and nobody waits behind them.
    """
    needed = "+".join(sorted(set(labels)))
    return f"{resource}{LABELS}{needed}" if needed else resource


def needed_labels(queue: str) -> set[str]:
    """Return the labels that a worker must have to work on the queue."""
    _, _, labels = queue.partition(LABELS)
    return set(labels.split("+")) if labels else set()


def fitting(queues: Iterable[str], labels: Collection[str]) -> list[str]:
    """Return those of the queues that a worker with *labels* may work on."""
    return [queue for queue in queues if needed_labels(queue) <= set(labels)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items that are added all or not at all.

    Attributes:
        id: The sender's name of the batch.
        count: The number of items the sender declared, or None.
        sums: The sum the sender declared, by the payload's field.
    """

    id: str
    count: int | None = None
    sums: dict[str, Decimal] = field(default_factory=dict)

    def check(self, payloads: list[dict[str, Any]]) -> None:
        """Compare *payloads* with what the sender declared.

        Raises:
            UsageError: They differ; names every total that does.
        """
        wrong = []
        if self.count is not None and self.count != len(payloads):
            wrong.append(f"{self.count} items were declared, {len(payloads)} are there")
        for name, declared in self.sums.items():
            found = sum((_number(name, payload) for payload in payloads), Decimal(0))
            if found != declared:
                wrong.append(f"the sum of {name} was declared as {declared}, it is {found}")
        if wrong:
            text = "; ".join(wrong)
            raise UsageError(f"batch {self.id}: {text}; nothing was added, ask the sender")


def _number(name: str, payload: dict[str, Any]) -> Decimal:
    try:
        return Decimal(str(payload[name]))
    except (KeyError, InvalidOperation):
        raise UsageError(
            f"the field {name!r} is not a number in every item; nothing was added"
        ) from None
