"""Items that are not tried any more, because what they do to their workers does not end."""

from clerkwork.engine.runs.execution import Execution
from clerkwork.errors import BusinessException
from clerkwork.store.runs import events


def refuse_poison(execution: Execution) -> None:
    """Send an item over which workers died, or executions broke off, too often to a person.

    Raises:
        BusinessException: ``worker_died`` or ``broke_off``.
    """
    item = execution.item
    most = execution.engine.workflow(item.workflow).retry.takeovers
    if max(item.takeovers, item.breaks) <= most:
        return
    with execution.engine.store.read() as db:
        step = events.last_step(db, item.run_id) or "its start"
    if item.takeovers > most:
        raise BusinessException(
            "worker_died",
            "The worker died {times} times over this item, the last time in {step}.",
            times=item.takeovers,
            step=step,
        )
    raise BusinessException(
        "broke_off",
        "The work on this item broke off {times} times, the last time in {step}, with an error "
        "outside of its bot; the worker's logs/errors.log has it.",
        times=item.breaks,
        step=step,
    )
