"""The review forms for executions that ended in a failure."""

from clerkwork.discover import dotted_name
from clerkwork.engine.runs.execution import Execution
from clerkwork.errors import BotException, BusinessException
from clerkwork.model.work.reviews import NewReview, plain_fields


def form_of(execution: Execution, error: BotException) -> NewReview:
    """Return a form with the item's data, for a failure outside of a step."""
    item = execution.item
    return NewReview(
        step=None,
        code=error.code,
        message=error.message,
        facts=error.facts,
        model=dotted_name(execution.core.first_bot(item.workflow).takes),
        shown=item.payload,
        fields=plain_fields(item.payload, error.fields),
    )


def form_of_failed_end(execution: Execution, error: Exception) -> NewReview:
    """Return the form for an attempt whose end failed, such as an impossibly long retry wait."""
    failure = BusinessException(
        "end_failed",
        "The attempt could not be ended: {error}. Correct the settings of the workflow, such as"
        " `retry`, and send it on.",
        error=execution.unexpected(error, None).facts["error"],
    )
    return form_of(execution, failure)
