"""Every deliberate error of the toolkit, each with an exit status and a remedy a person can act on.

A bot author raises two of them: ``BusinessException`` when the data breaks a rule, and
``ApplicationException`` when a system failed. Everything else that is raised on purpose derives
from ``ClerkworkError`` too, so that the command line turns it into one sentence and never into a
traceback.
"""

from enum import IntEnum
from typing import Any

LONGEST_CODE = 60


class ExitStatus(IntEnum):
    """The exit statuses of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    WAITS_FOR_PERSON = 3


class ClerkworkError(Exception):
    """The base of every deliberate error; its text is one sentence with a remedy."""

    exit_status = ExitStatus.FAILED

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the attributes, so that an error crosses a process border unchanged."""
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


def _rebuild(
    kind: type[ClerkworkError], args: tuple[Any, ...], state: dict[str, Any]
) -> ClerkworkError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class UsageError(ClerkworkError):
    """A command was called with arguments that do not fit together."""

    exit_status = ExitStatus.USAGE


class ConfigError(ClerkworkError):
    """A configuration or workflow file has a wrong or missing value.

    Attributes:
        file: The file, relative to the project where possible.
        line: The line of the wrong value, from 1, or None where the format has no lines.
        problem: What is wrong and what to write instead.
    """

    exit_status = ExitStatus.USAGE

    def __init__(self, file: str, problem: str, line: int | None = None) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


class StoreLost(ClerkworkError):
    """The store is gone, or another one is in its place: nothing is acknowledged any more."""


class InputRejected(ClerkworkError):
    """An input file cannot be read as what it claims to be; the file is kept, nothing was taken.

    Attributes:
        file: Name of the file.
        place: Where in it: a sheet and row, a page, or an empty string for the whole file.
        problem: What is wrong.
        remedy: What the sender can do about it.
    """

    def __init__(self, file: str, place: str, problem: str, remedy: str) -> None:
        where = f"{file}, {place}" if place else file
        super().__init__(f"{where}: {problem}. {remedy}")
        self.file = file
        self.place = place
        self.problem = problem
        self.remedy = remedy


class BatchRefused(ClerkworkError):
    """A batch cannot be added as a whole, so none of its items was."""


class BatchKnown(ClerkworkError):
    """A batch was added before with the same content; the sender may count it as added."""

    exit_status = ExitStatus.OK


class DocumentRejected(InputRejected):
    """A document (PDF or image) cannot be opened, is too large, or exceeded its limits."""


LOGGED = ("code", "exception")  # what the run log says of each exception, beside its facts


class BotException(ClerkworkError):
    """The base of what a bot says about an item; see its two kinds.

    Attributes:
        code: Short and stable, for charts and tests, such as ``over_limit``; at most
            ``LONGEST_CODE`` characters.
        message: A sentence for the person, may hold ``{name}`` for values in *facts*, so that it
            can be translated before the values are put in.
        facts: The values named in *message*; those called as what the run log says by itself
            (``LOGGED``) are in it already.
        fields: Paths of the fields the person should look at first.
    """

    def __init__(
        self, code: str, message: str, /, *, fields: tuple[str, ...] = (), **facts: object
    ) -> None:
        require_short(code, LONGEST_CODE)
        self.facts = {name: _storable(value) for name, value in facts.items()}
        super().__init__(fill(_storable(message), self.facts))
        logged = {name: self.facts[name] for name in LOGGED if name in facts}
        self.message = fill(_storable(message), logged)
        self.code = code
        self.fields = fields


class BusinessException(BotException):
    """The data breaks a rule of the business: never retried, goes to a person at once."""


def require_short(name: str, most: int) -> None:
    """Make sure that a name which the bot gives can be stored, whichever database it is.

    Raises:
        BusinessException: ``bot_error``; a new attempt would not help.
    """
    if len(name) > most or not name.isprintable():
        raise BusinessException(
            "bot_error",
            "The bot gives the name {name}, which has {length} characters: at most {most} can be "
            "stored, without control characters. Correct it in the bot.",
            name=name,
            length=len(name),
            most=most,
        )


def _storable(text: object) -> str:
    """Return the text without NUL and halves of characters, which not every database stores."""
    return str(text).replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def rejection(error: InputRejected) -> BusinessException:
    """Return what a person is told about a file that cannot be read."""
    where = f"{error.file}, {error.place}" if error.place else error.file
    return BusinessException(
        "document_rejected",
        "{file}: {problem}. {remedy}",
        file=where,
        problem=error.problem,
        remedy=error.remedy,
    )


class ApplicationException(BotException):
    """A system failed: retried by the workflow's policy, then goes to a person."""


class Fenced(ClerkworkError):
    """The item was taken over by another worker; this run may not act on it any more."""


def fill(message: str, facts: dict[str, Any]) -> str:
    """Return *message* with each ``{name}`` replaced by its fact; unknown names stay."""
    for name, value in facts.items():
        message = message.replace("{" + name + "}", str(value))
    return message
