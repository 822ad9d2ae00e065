"""The fallback queue's use cases: open a review, show its form, take its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from pydantic import BaseModel

from clerkwork import clock
from clerkwork.errors import ClerkworkError, ConfigError
from clerkwork.model.work.field_types import type_at
from clerkwork.model.work.reviews import (
    AnswerInvalid,
    Decision,
    Review,
    ReviewState,
    flatten,
    rebuild,
)
from clerkwork.review.forms import Form, build, title_of
from clerkwork.store.database import Store
from clerkwork.store.reviews import reviews

LEASE = timedelta(minutes=10)
ANSWERED = "This review is answered already; your answer was not saved."
WITHDRAWN = "The item was closed or changed in the meantime; your answer was not saved."


class Answer(Protocol):
    """Stores a decision: the engine's ``answer``."""

    def __call__(
        self, number: int, *, decision: Decision, data: dict[str, Any] | None, note: str, who: str
    ) -> bool:
        """Answer the review, move its item and log it; False when it is answered already."""


class ReviewGone(ClerkworkError):
    """The review does not exist or is answered already."""


class NoteMissing(ClerkworkError):
    """A decision that closes the item needs a reason."""

    def __init__(self) -> None:
        super().__init__("Write the reason first: the sender of this item reads it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that a person changed.

    Attributes:
        title: The name of the field for people, in English.
    """

    path: str
    title: str
    before: str
    after: str


class ReviewQueue:
    """The use cases of the fallback queue.

    Attributes:
        store: Where the reviews are.
        answer: Stores a decision.
        load_model: Returns the model class for a dotted name; raises ``ConfigError`` without one.
    """

    def __init__(
        self, store: Store, answer: Answer, load_model: Callable[[str], type[BaseModel]]
    ) -> None:
        self.store = store
        self.answer = answer
        self.load_model = load_model

    def get(self, number: int) -> Review:
        """Return the review numbered *number*.

        Raises:
            ReviewGone: There is none.
        """
        with self.store.read() as db:
            found = reviews.get(db, number)
        if found is None:
            raise ReviewGone("There is no such review; open the queue to see the open reviews.")
        return found

    def open_review(self, number: int, *, who: str) -> Review:
        """Claim the review for *who* for ten minutes, and return it.

        A review that is answered or claimed by another person is returned unchanged.

        Raises:
            ReviewGone: There is none.
        """
        with self.store.write() as db:
            reviews.claim(db, number, who=who, now=clock.now(), lease=LEASE)
        return self.get(number)

    def form(
        self,
        review: Review,
        *,
        leaves: dict[str, str] | None = None,
        problems: dict[str, str] | None = None,
    ) -> Form:
        """Return the form of *review*, with the typed texts and their problems by path."""
        return build(review, self._model(review), leaves=leaves, problems=problems)

    def submit(
        self, number: int, decision: Decision, leaves: dict[str, str], note: str, who: str
    ) -> list[Change]:
        """Store the answer to a review, and return the changed values.

        Args:
            number: The review.
            decision: What the person decided.
            leaves: The form's texts by path; used for ``CORRECT`` only.
            note: The person's reason; required to reject and to return.
            who: The person.

        Raises:
            AnswerInvalid: A value does not fit its field; nothing was saved.
            NoteMissing: The decision needs a reason.
            ReviewGone: The review is answered already or does not exist.
        """
        review, note = self.get(number), note.strip()
        if decision in {Decision.REJECT, Decision.RETURN} and not note:
            raise NoteMissing
        data = None
        if decision is Decision.CORRECT:
            data = self._checked(review, leaves)
        if not self.answer(number, decision=decision, data=data, note=note, who=who):
            withdrawn = self.get(number).state is ReviewState.WITHDRAWN
            raise ReviewGone(WITHDRAWN if withdrawn else ANSWERED)
        return self.changes(review, leaves) if decision is Decision.CORRECT else []

    def changes(self, review: Review, leaves: dict[str, str]) -> list[Change]:
        """Return the values of the review that *leaves* change, in order."""
        model = self._model(review)
        before = flatten(review.shown) | {read.path: read.value for read in review.fields}
        return [
            Change(
                path=path,
                title=title_of(model, path),
                before=before.get(path, type_at(model, path).blank),
                after=leaves.get(path, ""),
            )
            for path in dict.fromkeys([*before, *leaves])
            if before.get(path, type_at(model, path).blank).strip() != leaves.get(path, "").strip()
        ]

    def answered_changes(self, review: Review) -> list[Change]:
        """Return the values that the answer changed; none for decisions without data."""
        if review.state is not ReviewState.ANSWERED or review.answer is None:
            return []
        return self.changes(review, flatten(review.answer))

    def next_after(self, number: int, *, who: str) -> int | None:
        """Return the next open review after *number* that *who* can claim, or None."""
        with self.store.read() as db:
            return reviews.next_open(db, who=who, after=number, now=clock.now())

    def _checked(self, review: Review, leaves: dict[str, str]) -> dict[str, Any]:
        try:
            return rebuild(self.load_model(review.model), leaves).model_dump(mode="json")
        except AnswerInvalid as error:
            problems = error.problems.items()
            raise AnswerInvalid(
                {_typed_path(path, leaves): text for path, text in problems}
            ) from None

    def _model(self, review: Review) -> type[BaseModel] | None:
        try:
            return self.load_model(review.model)
        except ConfigError:  # the bot was removed; the data can still be read
            return None


def _typed_path(path: str, leaves: dict[str, str]) -> str:
    """Return the path in the form for a *path* in the data, which has no empty lines."""
    head, *rest = path.split(".")
    if not rest or not rest[0].isdecimal():
        return path
    filled = {
        int(leaf.split(".")[1])
        for leaf, text in leaves.items()
        if leaf.startswith(f"{head}.") and leaf.split(".")[1].isdecimal() and text.strip()
    }
    numbers = sorted(filled)
    place = int(rest[0])
    number = numbers[place] if place < len(numbers) else place
    return ".".join([head, str(number), *rest[1:]])


__all__ = ["AnswerInvalid", "Change", "NoteMissing", "ReviewGone", "ReviewQueue"]
