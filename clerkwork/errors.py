"""Every deliberate error of the toolkit, each with an exit status and a remedy a person can act on.

A bot author raises two of them: ``BusinessException`` when the data breaks a rule, and
``ApplicationException`` when a system failed. All others derive from ``ClerkworkError`` too, so
that the command line shows one sentence and never a traceback.
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
        """Rebuild from the attributes, so that an error passes unchanged between processes."""
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
        problem: What is wrong, and what to write instead.
    """

    exit_status = ExitStatus.USAGE

    def __init__(self, file: str, problem: str, line: int | None = None) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


class StoreLost(ClerkworkError):
    """The store is gone or was replaced: nothing is acknowledged any more."""


class InputRejected(ClerkworkError):
    """An input file cannot be read in its format; the file is kept, and no item was added.

    Attributes:
        file: Name of the file.
        place: Where in the file: a sheet and row, a page, or an empty string for the whole file.
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
    """A batch cannot be added completely, so none of its items was added."""


class BatchKnown(ClerkworkError):
    """A batch was added before with the same content; the sender may count it as added."""

    exit_status = ExitStatus.OK


class DocumentRejected(InputRejected):
    """A document (PDF or image) cannot be opened, is too large, or exceeded its limits."""


LOGGED = ("code", "exception")  # fields of the run log that exist besides the exception's facts


class BotException(ClerkworkError):
    """The base of the exceptions that a bot raises about an item; see its two subclasses.

    Attributes:
        code: Short and stable, for charts and tests, such as ``over_limit``; at most
            ``LONGEST_CODE`` characters.
        message: A sentence for people. It may contain ``{name}`` for values in *facts*, so that it
            can be translated before they are filled in.
        facts: The values named in *message*. Those named in ``LOGGED`` are filled in at once,
            because the run log already has fields of these names.
        fields: Paths of the fields that the person should check first.
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
    """The data breaks a business rule: never retried, goes to a person at once."""


def require_short(name: str, most: int) -> None:
    """Check that a name given by the bot can be stored in every supported database.

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
    """Return the text without NUL and unpaired surrogates, which not every database stores."""
    return str(text).replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def rejection(error: InputRejected) -> BusinessException:
    """Return the exception for a file that cannot be read."""
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
    """Another worker took the item over; this run may no longer act on it."""


def fill(message: str, facts: dict[str, Any]) -> str:
    """Return *message* with each ``{name}`` replaced by its fact; unknown names stay."""
    for name, value in facts.items():
        message = message.replace("{" + name + "}", str(value))
    return message
