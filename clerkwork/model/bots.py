"""The interface of bots: the ``@bot`` decorator, ``Run`` and ``Screen``."""

import inspect
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from pydantic import BaseModel

from clerkwork.model.documents.extraction import Extraction
from clerkwork.model.orders import Document, Receipt
from clerkwork.model.project.locators import Fingerprint
from clerkwork.model.work.attachments import Attachment
from clerkwork.model.work.items import WorkItem

LONGEST_S = 30 * 86_400  # a longer time limit is a mistake, or infinite

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
P = ParamSpec("P")


class Entry(Protocol):
    """A field of the page that was found with certainty; see ``Screen.field``."""

    def fill(self, text: str) -> None:
        """Type *text*, select the option with this text, or tick the box for ``yes``.

        Raises:
            ApplicationException: ``page_covered``: another element covers the field.
        """

    def value(self) -> str:
        """Return the field's current value."""

    def click(self) -> None:
        """Click it."""


class Screen(Protocol):
    """One page of a target system in a real browser, as a bot's ``pages.py`` gets it."""

    @property
    def page(self) -> Any:
        """Return the Playwright page (``playwright.sync_api.Page``)."""

    @property
    def base_url(self) -> str:
        """Return the target's URL without a slash at its end."""

    @property
    def username(self) -> str:
        """Return the user name for the login."""

    @property
    def password(self) -> str:
        """Return the password for the login; it is redacted from every log."""

    def field(
        self, words: str, *, recorded: Fingerprint | None = None, row: int | None = None
    ) -> Entry:
        """Return the field with the label *words*, in any frame or open shadow root.

        The label has the highest weight, then the text next to the field, then its fingerprint.

        Args:
            words: The field's label.
            recorded: The fingerprint; by default the one stored for the target.
            row: Its line in a grid, from 0.

        Raises:
            ApplicationException: ``locator_ambiguous``: several fields match;
                ``page_unexpected``: no field matches.
        """

    def button(self, *words: str) -> Entry:
        """Return the button with one of the labels *words*; earlier labels have precedence.

        Raises:
            ApplicationException: As ``field``; ``page_covered``: another element covers it.
        """

    def keep(self, name: str) -> None:
        """Keep a picture of the page as evidence under *name*."""

    def log(self, message: str, **facts: object) -> None:
        """Write *message* to the run log, with ``{name}`` replaced by its fact."""

    def about_to_submit(self) -> None:
        """Store the intent durably; call it immediately before the irreversible click.

        Raises:
            Fenced: Another worker has taken over the item; do not click.
        """


Find = Callable[[Screen, M], list[Receipt]]
Do = Callable[[Screen, M], Receipt]


class Run(ABC):
    """One execution of a bot on one item, with checkpointed steps and questions to a person."""

    item: WorkItem

    @abstractmethod
    def step(self, name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *function* once and store its result; after a crash the stored result is returned.

        The result must be a pydantic model, a list of models, or plain JSON data. The name must be
        unique in the bot; a renamed step runs again in unfinished runs.
        """

    @abstractmethod
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
        """Return *value* if *ok*, else the value that a person corrected or confirmed.

        While the person decides, the run holds no thread, no browser and no place in the queue.

        Args:
            value: Shown to the person as a form.
            ok: Whether the bot may continue without a person.
            code: Short and stable reason.
            message: The reason as a sentence, with ``{name}`` for facts.
            fields: Paths of the fields that the person should check first.
            evidence: The document's extraction, shown next to the form.
            facts: The values of *message*.
        """

    @abstractmethod
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
        """Return a *model* that a person completed from incomplete data.

        As ``check``, but *shown* is JSON data that may be incomplete; the form shows every field
        of *model*, and the answer is a valid instance.
        """

    @abstractmethod
    def attach(self, name: str, content: bytes | Path) -> Attachment:
        """Attach a file to the item, once, and return its description.

        The console and `clerkwork items show` list it. It is kept as long as the item, or
        `retention.attached_days` if that is shorter.

        Args:
            name: The file's name with its suffix; unique in the bot.
            content: Its bytes, or a file with them.
        """

    @abstractmethod
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
        """Perform an irreversible act on the bot's target exactly once, and return its receipt.

        Looks up the record, performs the act, and looks it up again to verify. If a worker dies
        between the click and the answer, the next attempt waits for the target's quiet period and
        looks the record up before it acts.

        An act is identified by target, kind of record and key, over all workflows. With equal
        content it is performed once; with different content a person is asked.

        Args:
            name: The effect's name, unique in the bot.
            value: The data to enter; a person may correct it if the target refuses it.
            key: Path of the field of *value* that identifies the record in the target.
            find: Returns a receipt for each record with this key in the target.
            do: Enters *value*; calls ``screen.about_to_submit()`` just before its last click.
            record: Kind of the record, at most 120 characters. Bots that enter the same records
                use the same kind. None: a kind that only this effect of this bot uses.
        """

    @abstractmethod
    def read_document(self, document: Document) -> Extraction:
        """Read a document in a child process with time and memory limits (a checkpointed step)."""

    @abstractmethod
    def log(self, message: str, **facts: object) -> None:
        """Write a sentence to the run log, with ``{name}`` replaced by its fact."""


class Function(Protocol):
    """A bot's function; the model of its first parameter defines the form and the intake check."""

    __name__: str
    __doc__: str | None

    def __call__(self, value: Any, run: Run) -> BaseModel | None:
        """Process one item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A registered bot.

    Attributes:
        name: The function's name.
        function: The decorated function.
        queue: The scarce resource that it needs; items wait in the queue with this name.
        target: Name of the target system that its effects act on, or None.
        takes: The model of its first parameter.
        gives: The model it returns, or None.
        summary: The first line of the function's docstring.
        timeout: Time limit of one attempt, or None; with a limit the bot runs in its own process.
    """

    name: str
    function: Function
    queue: str
    target: str | None
    takes: type[BaseModel]
    gives: type[BaseModel] | None
    summary: str
    timeout: timedelta | None

    def __call__(self, value: Any, run: Run) -> BaseModel | None:
        """Process one item."""
        return self.function(value, run)


def bot(
    *, queue: str = "default", target: str | None = None, timeout_s: float | None = None
) -> Callable[[Callable[Concatenate[M, ...], Any]], Bot]:
    """Return a decorator that makes a bot of a function ``(value: Model, run: Run)``.

    Args:
        queue: The scarce resource that it needs.
        target: The system that its effects act on.
        timeout_s: Time limit of one attempt in wall time. The bot then runs in its own process,
            which is killed at the limit.

    Raises:
        TypeError: The first parameter is not annotated with a pydantic model; or the bot has a time
            limit but is not at the top level of a module, so that its process cannot import it.
        ValueError: *timeout_s* is not above 0, or too large.
    """

    def register(function: Callable[..., Any]) -> Bot:
        hints = typing.get_type_hints(function)
        names = list(inspect.signature(function).parameters)
        takes = hints.get(names[0]) if names else None
        if not (isinstance(takes, type) and issubclass(takes, BaseModel)):
            raise TypeError(
                f"bot {function.__name__}: annotate its first parameter with a pydantic model"
            )
        gives = hints.get("return")
        if timeout_s is not None:
            _check_limited(function, timeout_s)
        return Bot(
            name=function.__name__,
            function=function,
            queue=queue,
            target=target,
            takes=takes,
            gives=gives if isinstance(gives, type) and issubclass(gives, BaseModel) else None,
            summary=(inspect.getdoc(function) or "").split("\n")[0],
            timeout=None if timeout_s is None else timedelta(seconds=timeout_s),
        )

    return register


def _check_limited(function: Callable[..., Any], timeout_s: float) -> None:
    if not 0 < timeout_s <= LONGEST_S:
        raise ValueError(
            f"bot {function.__name__}: timeout_s = {timeout_s!r}, expected seconds above 0 and up"
            f" to {LONGEST_S}"
        )
    if "<locals>" in function.__qualname__ or function.__module__ == "__main__":
        raise TypeError(
            f"bot {function.__name__}: with timeout_s it runs in its own process, which must import"
            " it; define it at the top level of a module, such as in bots/"
        )
