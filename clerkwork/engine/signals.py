"""Exceptions that end a run before its last step although it has not failed.

They derive from ``BaseException``, so that a bot's ``except Exception`` does not catch them, and so
that the step in which they occur gets no checkpoint: it runs again when the run resumes.
"""

from datetime import datetime

from clerkwork.errors import BotException
from clerkwork.model.work.reviews import NewReview


class RunEnded(BaseException):
    """The present execution of the run ends."""


class Parked(RunEnded):
    """A person has to decide; the run keeps no thread, browser or place in the queue meanwhile."""

    def __init__(self, review: NewReview) -> None:
        super().__init__(review.code)
        self.review = review


class Postponed(RunEnded):
    """The run resumes at a later instant."""

    def __init__(self, until: datetime, code: str, reason: str) -> None:
        super().__init__(reason)
        self.until = until
        self.code = code
        self.reason = reason


class Cancelled(RunEnded):
    """An operator asked to cancel the item, and nothing of it has been sent."""

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.who = who


class NotKept(BaseException):
    """Carries an error of the store past the checkpoint of a step.

    DBOS would otherwise store it as the result of the step, which would then fail forever.

    Attributes:
        error: The error of the store.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class StepFailed(RunEnded):
    """Carries a bot exception past the checkpoint of its step.

    Attributes:
        error: The exception.
        review: The form if the item goes to a person, or None for the item's payload.
        earliest: No further attempt before this instant, or None.
        step: The failed step, or None if the failure was outside of a step.
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
