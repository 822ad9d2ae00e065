"""Queue triggers: hold items back until there is enough work, and release them together."""

from datetime import datetime, timedelta

from clerkwork import clock
from clerkwork.engine.core import Core
from clerkwork.model.project.workflows import QueueTrigger
from clerkwork.model.work.events import Kind
from clerkwork.store.items import held
from clerkwork.store.items.held import Held

AT_ONCE = 500  # items per transaction, so that other writers do not wait long


def why_release(trigger: QueueTrigger | None, found: Held, now: datetime) -> str:
    """Return why the held items are released now, or an empty string.

    Args:
        trigger: The trigger of their workflow; None: the workflow no longer has one.
        found: The held items.
        now: The present instant.
    """
    if trigger is None:
        return "the workflow no longer has a queue trigger"
    if trigger.min_items is not None and found.count >= trigger.min_items:
        return f"{found.count} items were held"
    if now - found.since >= timedelta(seconds=trigger.max_age_s):
        return f"the oldest was held for {(now - found.since).total_seconds():.0f} s"
    slack = trigger.due_slack_s
    if slack is not None and found.due is not None and found.due - now <= timedelta(seconds=slack):
        return f"one of them is due at {found.due:%Y-%m-%d %H:%M:%S} UTC"
    return ""


def release_held(core: Core) -> int:
    """Release the held items of every workflow whose trigger is met; return their number.

    Several sweeps may run this at the same time: each item is released and queued by one of them.
    """
    now = clock.now()
    with core.store.read() as db:
        found = held.summary(db)
    released = 0
    for one in found:
        plan = core.workflows.get(one.workflow)
        reason = why_release(plan.queue_trigger, one, now) if plan is not None else ""
        if reason:
            released += _release(core, one.workflow, reason)
    return released


def _release(core: Core, workflow: str, reason: str) -> int:
    total, batch = 0, AT_ONCE
    while batch == AT_ONCE:
        with core.store.write() as db:
            items = held.release(db, workflow, limit=AT_ONCE, now=clock.now())
            for item in items:
                core.enqueue(db, item)
        batch = len(items)
        total += batch
    if total:
        core.event(
            Kind.NOTE,
            "{count} held items of {workflow} were released: {reason}.",
            count=total,
            workflow=workflow,
            reason=reason,
        )
    return total
