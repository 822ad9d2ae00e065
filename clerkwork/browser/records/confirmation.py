"""The message by which a target confirms a record, such as `Order {value} was saved`.

It may appear late and vanish a moment later. So a script in the page reports it as soon as it is
shown, and nothing waits for a fixed time.
"""

import contextlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from playwright.sync_api import Error

from clerkwork import clock
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.login import PageState, read_page
from clerkwork.browser.scripts import call, script
from clerkwork.model.project.target_form import PLACE

WATCH = script("records/messages", "watchMessages")
LOOK_AGAIN_MS = 100
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*")
_WILD = re.compile(rf"({re.escape(PLACE)}|\*)")


@dataclass
class Messages:
    """The messages of *screen* since ``begin`` that match a pattern.

    Attributes:
        screen: The screen to observe.
        words: The pattern: a sentence with ``{value}`` for the value and `*` for any text.
    """

    screen: PlaywrightScreen
    words: str
    _received: list[str] = field(default_factory=list, init=False)
    _before: set[str] = field(default_factory=set, init=False)
    _dialogs: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        page = self.screen.page
        pieces = [part.strip().lower() for part in _WILD.split(self.words)[::2] if part.strip()]
        page.expose_binding("__clerkworkTell", self._on_message)
        page.add_init_script(call(WATCH, pieces))
        for frame in page.frames:
            with contextlib.suppress(Error):  # the frame is being replaced
                frame.evaluate(WATCH, pieces)

    def begin(self, seen: PageState) -> None:
        """Ignore all messages so far, and the texts that the page shows now."""
        self._before = {*self._received, *_lines(seen)}
        self._dialogs = len(self.screen.dialogs)

    def values(self, seen: PageState) -> list[str]:
        """Return the value of each new message, and of each new text of the page."""
        said = [*self._received, *self.screen.dialogs[self._dialogs :], *_lines(seen)]
        new = [line for line in said if line not in self._before]
        return [
            *dict.fromkeys(value for line in new if (value := confirmed_value(self.words, line)))
        ]

    def await_value(self, seen: PageState, limit: timedelta) -> tuple[str | None, PageState]:
        """Wait up to *limit* for a message; return its value and the state of the page.

        The value is None if there is no message, or if several messages have different values,
        because only one of them can belong to this record.
        """
        deadline = clock.monotonic() + limit
        while not (values := self.values(seen)) and clock.monotonic() < deadline:
            self.screen.page.wait_for_timeout(LOOK_AGAIN_MS)
            seen = read_page(self.screen)
        return (values[0] if len(values) == 1 else None), seen

    def _on_message(self, _: Any, line: str) -> None:
        self._received.append(line)


def confirmed_value(words: str, line: str) -> str | None:
    """Return the value if *line*, or one sentence of it, matches the pattern *words*; else None.

    The value is one word. Punctuation before and after the sentence is ignored.
    """
    for said in (line, *_SENTENCE.split(line)):
        if found := _pattern(words).fullmatch(said.strip()):
            return found[1].rstrip(".,;:!?。，；：！？") or None
    return None


@lru_cache(maxsize=64)
def _pattern(words: str) -> re.Pattern[str]:
    kinds = {PLACE: r"(\S+)", "*": ".*"}
    parts = [kinds.get(part) or re.escape(part) for part in _WILD.split(words.strip())]
    return re.compile(rf"\W*{''.join(parts)}\W*", re.IGNORECASE)


def _lines(seen: PageState) -> list[str]:
    texts = [line for text in seen.texts for line in text.splitlines()]
    return [" ".join(line.split()) for line in [*texts, *seen.alerts]]
