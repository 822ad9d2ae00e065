"""How a run ends before its last step without having failed.

These derive from ``BaseException`` so that a bot's ``except Exception`` cannot swallow them, and
so that the step in which they occur is not checkpointed: it runs again when the run goes on.
"""

from datetime import datetime

from clerkwork.errors import BotException
from clerkwork.model.work.reviews import NewReview


class RunEnded(BaseException):
    """The present execution of the run is over."""


class Parked(RunEnded):
    """A person has to decide; the run holds no thread, no browser and no place in the queue."""

    def __init__(self, review: NewReview) -> None:
        super().__init__(review.code)
        self.review = review


class Postponed(RunEnded):
    """The run goes on at a later instant."""

    def __init__(self, until: datetime, code: str, reason: str) -> None:
        super().__init__(reason)
        self.until = until
        self.code = code
        self.reason = reason


class Cancelled(RunEnded):
    """An operator asked to cancel the item, and nothing of it was sent."""

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.who = who


class NotKept(BaseException):
    """Carries an error of the store past the checkpoint of a step.

    DBOS would keep it as the step's result, and the step would fail for ever.

    Attributes:
        error: What happened.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class StepFailed(RunEnded):
    """Carries a bot exception past the checkpoint of its step.

    Attributes:
        error: What happened.
        review: What a person is shown if the item has to go to one, or None for the item's own
            payload.
        earliest: No further attempt before this instant, or None.
        step: The step that failed, or None: it happened outside of any.
    """

    def __init__(
        self,
        error: BotException,
        review: NewReview | None = None,
        earliest: datetime | None = None,
        *,
        step: str | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.review = review
        self.earliest = earliest
        self.step = step
