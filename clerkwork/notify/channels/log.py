"""Writes messages to the log of the process, such as standard error and `logs/errors.log`."""

from typing import ClassVar

from loguru import logger
from pydantic import Field

from clerkwork.model.strict import Strict
from clerkwork.model.work.events import Level
from clerkwork.notify.contract import Message, SendResult


class LogChannelSettings(Strict):
    """Settings of the log channel."""

    lowest: Level = Field(
        Level.WARNING,
        description="Messages below this level are logged at it. Commands show warnings and "
        "errors only.",
    )


class LogChannel:
    """Logs each message as one line."""

    name: ClassVar[str] = "log"
    settings_model: ClassVar[type[Strict]] = LogChannelSettings

    def __init__(self, settings: LogChannelSettings) -> None:
        self._lowest = settings.lowest

    def send(self, message: Message) -> SendResult:
        """Log *message* in one line.

        Line breaks and control characters become blanks: no text can pose as another log line or
        steer a terminal.
        """
        order = list(Level)
        level = max(message.level, self._lowest, key=order.index)
        whole = f"{message.title}: {message.text} {message.link}"
        printable = "".join(char if char.isprintable() else " " for char in whole)
        line = " ".join(printable.split())
        logger.bind(channel=self.name).log(level.value.upper(), "{}", line)
        return SendResult(channel=self.name)


CHANNEL = LogChannel
