"""The log channel: one line a message, at a level that commands show."""

import pytest
from loguru import logger

from clerkwork.model.work.events import Level
from clerkwork.notify.contract import Message, open_channel


@pytest.fixture
def lines():
    found: list[str] = []
    sink = logger.add(found.append, format="{level.name} {message}", diagnose=False)
    yield found
    logger.remove(sink)


@pytest.mark.parametrize(
    ("settings", "level", "logged"),
    [
        ({}, Level.INFO, "WARNING"),
        ({}, Level.ERROR, "ERROR"),
        ({"lowest": "info"}, Level.INFO, "INFO"),
        ({"lowest": "error"}, Level.WARNING, "ERROR"),
    ],
)
def test_message_is_logged_at_its_level_or_the_lowest_one(lines, settings, level, logged):
    """A message that commands would not show is logged as a warning."""
    open_channel("log", settings).send(Message(title="Rate", text="low", level=level))
    assert lines == [f"{logged} Rate: low\n"]


def test_message_is_one_line_without_control_characters(lines):
    """No text can pose as another log line or steer a terminal."""
    text = "low\nERROR forged\x1b[31m {level}"
    open_channel("log", {}).send(Message(title="Rate", text=text, link="http://x/"))
    assert lines == ["WARNING Rate: low ERROR forged [31m {level} http://x/\n"]
