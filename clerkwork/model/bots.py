"""What a bot is, and what it is given: the ``@bot`` decorator and the ``Run``."""

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

LONGEST_S = 30 * 86_400  # of a time limit: what is longer is a slip, or infinite

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
P = ParamSpec("P")


class Entry(Protocol):
    """A field of the page that was found surely; see ``Screen.field``."""

    def fill(self, text: str) -> None:
        """Type *text*, or choose the option that says it, or tick the box for ``yes``.

        Raises:
            ApplicationException: ``page_covered``: something lies over the field.
        """

    def value(self) -> str:
        """Return what the field shows now."""

    def click(self) -> None:
        """Click it."""


class Screen(Protocol):
    """One page of a target system in a real browser, as a bot's ``pages.py`` gets it."""

    @property
    def page(self) -> Any:
        """Return the Playwright page (``playwright.sync_api.Page``)."""

    @property
    def base_url(self) -> str:
        """Return the target's address without a slash at its end."""

    @property
    def username(self) -> str:
        """Return the name to log in with."""

    @property
    def password(self) -> str:
        """Return the secret to log in with; it is redacted from every log."""

    def field(
        self, words: str, *, recorded: Fingerprint | None = None, row: int | None = None
    ) -> Entry:
        """Return the field that a person calls *words*, in any frame or open shadow root.

        Its label counts first, then the words beside it, then what it looked like before.

        Args:
            words: What stands at the field.
            recorded: What it looked like before; by default what is known of the target.
            row: Its line in a grid, from 0.

        Raises:
            ApplicationException: ``locator_ambiguous``: several could be meant;
                ``page_unexpected``: there is none.
        """

    def button(self, *words: str) -> Entry:
        """Return the button that bears one of *words*; those named first count first.

        Raises:
            ApplicationException: As ``field``; ``page_covered``: something lies over it.
        """

    def keep(self, name: str) -> None:
        """Keep a picture of the page as evidence under *name*."""

    def log(self, message: str, **facts: object) -> None:
        """Write *message* to the run log, with ``{name}`` replaced by its fact."""

    def about_to_submit(self) -> None:
        """Make the intent durable; call it immediately before the one irreversible click.

        Raises:
            Fenced: Another worker has taken the item over; nothing may be clicked.
        """


Find = Callable[[Screen, M], list[Receipt]]
Do = Callable[[Screen, M], Receipt]


class Run(ABC):
    """One execution of a bot on one item: its steps are checkpointed, its doubts go to a person."""

    item: WorkItem

    @abstractmethod
    def step(self, name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *function* once and keep its result; after a crash the kept result is returned.

        The result must be a pydantic model, a list of models, or plain JSON data. The name is
        unique in the bot and part of its contract with runs that are under way.
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
        """Return *value*, or what a person made of it when *ok* is false.

        While the person decides, the run holds no thread, no browser and no place in the queue.

        Args:
            value: Shown to the person as a form.
            ok: Whether the bot may go on alone.
            code: Short and stable reason.
            message: The reason as a sentence; may hold ``{name}`` for facts.
            fields: Paths of the fields the person should look at first.
            evidence: What was read from a document, to be shown beside the form.
            facts: Values named in *message*.
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
        """Return what a person made of data that is not complete enough to be a *model* yet.

        As ``check``, with *shown* the JSON data as far as it is known; the form shows every field
        of *model*, the answer is a valid instance.
        """

    @abstractmethod
    def attach(self, name: str, content: bytes | Path) -> Attachment:
        """Keep a file that the bot made with the item, once, and return what is known of it.

        People find it at the item, in console and command line; it is kept as long as the item
        unless the setting `retention.attached_days` is shorter.

        Args:
            name: What people call it, with its suffix; unique in the bot.
            content: Its bytes, or the file that holds them.
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
        """Do an irreversible act on the bot's target exactly once, and return its receipt.

        Looks first, does it, and looks again to verify. If a worker dies between the click and
        the answer, the next attempt waits the target's quiet period and looks before it acts.

        One act is known by target, kind of record and key, whichever workflow it comes through.
        With equal content it is done once; with other content a person is asked.

        Args:
            name: The effect's name, unique in the bot.
            value: What is to be entered; a person may correct it when the target refuses it.
            key: Path of the field of *value* that identifies it in the target.
            find: Returns a receipt for each record with that key that stands in the target.
            do: Enters *value*; calls ``screen.about_to_submit()`` just before its last click.
            record: Kind of the record, at most 120 characters. Bots that enter the same records
                name the same kind. None: what this effect of this bot enters is a kind of its own.
        """

    @abstractmethod
    def read_document(self, document: Document) -> Extraction:
        """Read a document in a child process with time and memory limits (a checkpointed step)."""

    @abstractmethod
    def log(self, message: str, **facts: object) -> None:
        """Write a sentence to the run log, with ``{name}`` replaced by its fact."""


class Function(Protocol):
    """A bot's function: its first parameter's model draws the form and checks the intake."""

    __name__: str
    __doc__: str | None

    def __call__(self, value: Any, run: Run) -> BaseModel | None:
        """Work on one item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A registered bot.

    Attributes:
        name: The function's name.
        function: What it does.
        queue: The scarce resource it needs: items wait in the queue of this name.
        target: Name of the target system its effects act on, or None.
        takes: The model of its first parameter.
        gives: The model it returns, or None.
        summary: The first line of the function's docstring.
        timeout: Wall time of one attempt, or None; with it, the bot runs in a process of its own.
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
        """Work on one item."""
        return self.function(value, run)


def bot(
    *, queue: str = "default", target: str | None = None, timeout_s: float | None = None
) -> Callable[[Callable[Concatenate[M, ...], Any]], Bot]:
    """Return a decorator that makes a function of ``(value: Model, run: Run)`` a bot.

    Args:
        queue: The scarce resource that it needs.
        target: The system that its effects act on.
        timeout_s: Wall time of one attempt. The bot then runs in a process of its own, which is
            killed at that time, whatever it does.

    Raises:
        TypeError: The first parameter is not annotated with a pydantic model; or the bot has a time
            limit and is not at the top of a module, where its process could find it.
        ValueError: *timeout_s* is not above 0.
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
            f"bot {function.__name__}: with timeout_s it runs in a process of its own, which has to"
            " find it; write it at the top of a module, such as in bots/"
        )
