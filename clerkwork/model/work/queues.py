"""The rules of a queue: rank with ageing, deadlines, labels, batches and conflicts."""

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
    """The deadline of an item, counted from its arrival."""

    due_s: Seconds = Field(description="Seconds from arrival until the item is due.")
    warn_s: Seconds | None = Field(
        None, description="Seconds from arrival until a warning in the run log; default: none."
    )
    calendar: Name | None = Field(
        None, description="Count only the hours of this business calendar; default: all hours."
    )
    on_due: Literal["escalate", "expire", "nothing"] = Field(
        "escalate",
        description="`escalate`: an item that is not in progress goes to a person; `expire`: it is "
        "closed, unless data was sent; `nothing`: it is only logged.",
    )

    @model_validator(mode="after")
    def _warned_before(self) -> "Deadline":
        if self.warn_s is not None and self.warn_s >= self.due_s:
            raise ValueError("`warn_s` must be less than `due_s`")
        return self


def rank(arrived: datetime, priority: int, ageing_s: float) -> int:
    """Return an item's rank in its queue; the lowest rank goes first.

    Each *ageing_s* seconds of waiting count as one step of priority. All items age at the same
    rate, so the order of two waiting items never changes: the rank is a constant that needs no
    updates. An item can only be overtaken by items that arrive within (difference of priority) x
    *ageing_s* seconds after it, so no item waits for ever.
    """
    seconds = (arrived - START) / timedelta(seconds=1)
    return min(LAST_RANK, max(1, int(seconds + priority * ageing_s)))


def queue_name(resource: str, labels: Iterable[str]) -> str:
    """Return the queue of items that need *resource* and a worker with *labels*.

    Items that need labels have their own queue, such as ``erp@windows``, so that workers without
    the labels never get them and other items do not wait behind them.
    """
    needed = "+".join(sorted(set(labels)))
    return f"{resource}{LABELS}{needed}" if needed else resource


def needed_labels(queue: str) -> set[str]:
    """Return the labels that a worker of the queue must have."""
    _, _, labels = queue.partition(LABELS)
    return set(labels.split("+")) if labels else set()


def fitting(queues: Iterable[str], labels: Collection[str]) -> list[str]:
    """Return the queues that a worker with *labels* may process."""
    return [queue for queue in queues if needed_labels(queue) <= set(labels)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items that are added together or not at all.

    Attributes:
        id: The sender's name for the batch.
        count: The number of items that the sender declared, or None.
        sums: The sums that the sender declared, by field of the payload.
    """

    id: str
    count: int | None = None
    sums: dict[str, Decimal] = field(default_factory=dict)

    def check(self, payloads: list[dict[str, Any]]) -> None:
        """Compare *payloads* with the declared totals.

        Raises:
            UsageError: Totals differ; names every total that differs.
        """
        wrong = []
        if self.count is not None and self.count != len(payloads):
            wrong.append(f"{self.count} items were declared, {len(payloads)} were found")
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
