"""What a notification channel provides, and how channels are found.

Each module in the folder ``channels`` is a channel. Its constant ``CHANNEL`` is a class that is
made from the channel's own settings and has the name of the file. Nothing is registered anywhere.

A channel reads the answer of its server itself. Chat services answer with HTTP status 200 and an
error code in the body, and a library between the two can report that as success.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, cast

from pydantic import ValidationError

from clerkwork.discover import modules_in
from clerkwork.errors import ClerkworkError, ConfigError
from clerkwork.model.strict import Strict
from clerkwork.model.work.events import Level
from clerkwork.notify import channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to people.

    Attributes:
        title: One line.
        text: Plain text, in the language of its readers. The sender redacts secrets.
        level: Severity.
        link: Address of the console's page about it; empty without one.
    """

    title: str
    text: str
    level: Level = Level.INFO
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """Proof that a channel accepted a message.

    Attributes:
        channel: Name of the channel.
        answer: What its server answered, for the log; empty where there is no server.
    """

    channel: str
    answer: str = ""


class NotSent(ClerkworkError):
    """A channel did not accept a message; ``SendRefused`` and ``SendFailed`` say why.

    Attributes:
        channel: Name of the channel.
        problem: What it answered, or what happened instead.
        remedy: What to change or to check.
    """

    said = "did not accept the message"

    def __init__(self, channel: str, problem: str, remedy: str) -> None:
        super().__init__(f"{channel} {self.said}: {problem}. {remedy}")
        self.channel = channel
        self.problem = problem
        self.remedy = remedy


class SendRefused(NotSent):
    """The channel answered and refused the message; the same message is refused again."""

    said = "refused the message"


class SendFailed(NotSent):
    """The channel gave no answer, or asked to try later; the message can be sent again."""

    said = "could not send the message"


class NotificationChannel(Protocol):
    """A way to send messages to people.

    Attributes:
        name: Name of its file; settings and rules use it.
        settings_model: The model of its settings, each field with a description.
    """

    name: ClassVar[str]
    settings_model: ClassVar[type[Strict]]

    def __init__(self, settings: Any) -> None:
        """Make the channel from an instance of its settings model; nothing is sent."""

    def send(self, message: Message) -> SendResult:
        """Send *message*, and return when the channel has accepted it.

        Raises:
            SendRefused: The channel answered and refused it.
            SendFailed: There was no answer, or one that asks to try later.
        """


def find_channels() -> dict[str, type[NotificationChannel]]:
    """Return the class of every channel by its name."""
    found = [cast("type[NotificationChannel]", module.CHANNEL) for module in modules_in(channels)]
    return {channel.name: channel for channel in found}


def open_channel(name: str, settings: Mapping[str, object]) -> NotificationChannel:
    """Return the channel *name* with *settings*.

    Raises:
        ConfigError: There is no such channel, or a setting is wrong.
    """
    found = find_channels()
    if name not in found:
        problem = f"there is no channel {name!r}; write one of {', '.join(sorted(found))}"
        raise ConfigError("notify", problem)
    channel = found[name]
    try:
        return channel(channel.settings_model.model_validate(dict(settings)))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["notify", name, *map(str, first["loc"])])
        raise ConfigError(key, first["msg"]) from None
