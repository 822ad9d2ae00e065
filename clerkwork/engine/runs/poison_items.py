"""Stops retrying items that repeatedly kill their workers or break off."""

from clerkwork.engine.runs.execution import Execution
from clerkwork.errors import BusinessException
from clerkwork.store.runs import events


def refuse_poison(execution: Execution) -> None:
    """Send an item to a person when too many of its executions killed a worker or broke off.

    Raises:
        BusinessException: ``worker_died`` or ``broke_off``.
    """
    item = execution.item
    most = execution.core.workflow(item.workflow).retry.takeovers
    if max(item.takeovers, item.breaks) <= most:
        return
    with execution.core.store.read() as db:
        step = events.last_step(db, item.run_id) or "its start"
    if item.takeovers > most:
        raise BusinessException(
            "worker_died",
            "The worker died {times} times while running this item, the last time in {step}.",
            times=item.takeovers,
            step=step,
        )
    raise BusinessException(
        "broke_off",
        "The execution of this item broke off {times} times, the last time in {step}, with an "
        "error outside of its bot; see logs/errors.log of the worker.",
        times=item.breaks,
        step=step,
    )
