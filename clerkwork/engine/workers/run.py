"""The ``Run`` that a bot receives: every call of it is a checkpointed step."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel

from clerkwork.discover import dotted_name
from clerkwork.engine.document_policy import Doubt, judged, own_doubt
from clerkwork.engine.effects.effects import perform
from clerkwork.engine.effects.record_check import ASKS_LEAVE
from clerkwork.engine.runs.attachments import attach
from clerkwork.engine.runs.execution import Execution
from clerkwork.engine.signals import Parked
from clerkwork.errors import LONGEST_CODE, DocumentRejected, rejection, require_short
from clerkwork.model.bots import Bot, Do, Find, Run
from clerkwork.model.documents.extraction import Extraction
from clerkwork.model.orders import Document, Receipt
from clerkwork.model.work.attachments import Attachment
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.reviews import Decision, NewReview, Review, form_fields
from clerkwork.model.work.storable import storable
from clerkwork.store.reviews import reviews

LONGEST_STEP = 120
LONGEST_EFFECT = 60
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
P = ParamSpec("P")


class EngineRun(Run):
    """The run of one bot within one execution."""

    def __init__(self, execution: Execution, bot: Bot) -> None:
        self.item = execution.item
        self._execution = execution
        self._bot = bot
        self._document_asked = False

    def step(self, name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See ``Run.step``."""
        result: T = self._execution.checkpoint(self._name(name), lambda: function(*args, **kwargs))
        return result

    def check(
        self,
        value: M,
        ok: bool,
        code: str,
        message: str = "",
        *,
        fields: Sequence[str] = (),
        evidence: Extraction | None = None,
        **facts: object,
    ) -> M:
        """See ``Run.check``."""
        require_short(code, LONGEST_CODE)
        step = self._name(f"check {code}")
        own = self._own_doubt(evidence, ok=ok)
        review = self._review(
            step,
            type(value),
            own or _doubt(code, message, facts),
            shown=value.model_dump(mode="json"),
            fields=fields,
            evidence=evidence,
        )
        good = ok and own is None
        answered: M = self._execution.checkpoint(
            step, lambda: value if good else self._decide(review, type(value), evidence)
        )
        return answered

    def ask(
        self,
        model: type[M],
        code: str,
        message: str = "",
        *,
        shown: dict[str, Any],
        fields: Sequence[str] = (),
        evidence: Extraction | None = None,
        **facts: object,
    ) -> M:
        """See ``Run.ask``."""
        require_short(code, LONGEST_CODE)
        step = self._name(f"ask {code}")
        own = self._own_doubt(evidence, ok=False)
        review = self._review(
            step,
            model,
            own or _doubt(code, message, facts),
            shown=shown,
            fields=fields,
            evidence=evidence,
        )
        answered: M = self._execution.checkpoint(
            step, lambda: self._decide(review, model, evidence)
        )
        return answered

    def attach(self, name: str, content: bytes | Path) -> Attachment:
        """See ``Run.attach``."""
        step = self._name(f"attach {name}")
        kept: Attachment = self._execution.checkpoint(
            step, lambda: attach(self._execution, step, name, content)
        )
        return kept

    def effect(
        self,
        name: str,
        value: M,
        *,
        key: str,
        find: Find[M],
        do: Do[M],
        record: str | None = None,
    ) -> Receipt:
        """See ``Run.effect``."""
        require_short(name, LONGEST_EFFECT)
        core = self._execution.core
        workflow = core.workflows.get(self.item.workflow)
        own = workflow.target if workflow is not None else None
        target = core.targets[own or self._bot.target or ""]
        step = self._name(name)

        def act() -> Receipt:
            return perform(
                self._execution,
                step=step,
                target=target,
                value=self._latest(step, value),
                key=key,
                find=find,
                do=do,
                record=record,
                released_by=self._released_by(step),
            )

        receipt: Receipt = self._execution.checkpoint(step, act)
        return receipt

    def read_document(self, document: Document) -> Extraction:
        """See ``Run.read_document``."""
        execution = self._execution

        def read() -> Extraction:
            core, item = execution.core, execution.item
            file = core.root / document.file
            try:
                read = execution.tools.reader.read(file, document.name)
            except DocumentRejected as error:
                raise rejection(error) from error
            return judged(
                core.store,
                core.judging,
                read.model_copy(update={"file": document.file, "name": document.name}),
                item_id=item.id,
                workflow=item.workflow,
                file=file,
            )

        extraction: Extraction = execution.checkpoint(self._name("read document"), read)
        return extraction

    def log(self, message: str, **facts: object) -> None:
        """See ``Run.log``."""
        self._execution.event(Kind.NOTE, message, facts)

    def _name(self, name: str) -> str:
        """Return the full name of a step; one that cannot be stored is shortened with a digest."""
        whole = f"{self._bot.name}: {name}"
        if len(whole) <= LONGEST_STEP and whole.isprintable():
            return whole
        digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:8]
        printable = "".join(char if char.isprintable() else " " for char in whole)
        return f"{printable[: LONGEST_STEP - 10]} #{digest}"

    def _answer(self, step: str) -> Review | None:
        with self._execution.core.store.read() as db:
            review = reviews.latest(db, self.item.id, self.item.run_no, step)
        if review is not None and review.decision is Decision.CORRECT:
            return review
        return None

    def _released_by(self, step: str) -> int:
        """Return the number of the review that last allowed the submit, or 0."""
        answered = self._answer(step)
        return answered.number if answered is not None and answered.code in ASKS_LEAVE else 0

    def _decide(self, review: NewReview, model: type[M], evidence: Extraction | None) -> M:
        answered = self._answer(review.step or "")
        if answered is None:
            raise Parked(replace(review, pages=self._pages(evidence)))
        return model.model_validate(answered.answer)

    def _latest(self, step: str, value: M) -> M:
        answered = self._answer(step)
        return value if answered is None else type(value).model_validate(answered.answer)

    def _own_doubt(self, evidence: Extraction | None, *, ok: bool) -> Doubt | None:
        """Return the engine's own doubt, at the first question about a document, or None."""
        if evidence is None or self._document_asked:
            return None
        self._document_asked = True
        return own_doubt(evidence, self.item.reference, ok=ok)

    def _review(
        self,
        step: str,
        model: type[BaseModel],
        doubt: Doubt,
        *,
        shown: dict[str, Any],
        fields: Sequence[str],
        evidence: Extraction | None,
    ) -> NewReview:
        return NewReview(
            step=step,
            code=doubt.code,
            message=doubt.message,
            facts=doubt.facts,
            model=dotted_name(model),
            shown=shown,
            fields=form_fields(shown, tuple(fields), evidence),
        )

    def _pages(self, evidence: Extraction | None) -> list[str]:
        """Return the page images of a document, and render those that are missing."""
        if evidence is None:
            return []
        pages = evidence.pages
        if evidence.file and not all(page.sha256 for page in pages):
            execution = self._execution
            file = execution.core.root / evidence.file
            try:
                pages = execution.tools.reader.draw(file, evidence.name, pages)
            except DocumentRejected as error:  # the review is shown without page images
                execution.event(Kind.NOTE, str(error), level=Level.WARNING)
        return [page.sha256 for page in pages if page.sha256]


def _doubt(code: str, message: str, facts: dict[str, object]) -> Doubt:
    texts = {name: storable(str(fact)) for name, fact in facts.items()}
    return Doubt(code=code, message=storable(message or code), facts=texts)
