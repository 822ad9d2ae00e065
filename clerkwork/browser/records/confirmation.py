"""The message by which a target confirms a record, such as `Order {value} was saved`.

It may come late, and be gone or its page be left a moment later. So the page tells of it as soon as
it is shown; nothing waits for a fixed time.
"""

import contextlib
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from playwright.sync_api import Error

from clerkwork import clock
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.login import PageState, read_page
from clerkwork.browser.scripts import script
from clerkwork.model.project.target_form import PLACE

SCRIPT = script("records/messages")
LOOK_AGAIN_MS = 100
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*")
_WILD = re.compile(rf"({re.escape(PLACE)}|\*)")


@dataclass
class Messages:
    """What the pages of *screen* have said since ``begin`` that fits *words*.

    Attributes:
        screen: Where it is shown.
        words: The sentence, with a place for the value; `*` is any text.
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
        page.add_init_script(f"({SCRIPT})({json.dumps(pieces)})")
        for frame in page.frames:
            with contextlib.suppress(Error):  # it is being replaced
                frame.evaluate(SCRIPT, pieces)

    def begin(self, seen: PageState) -> None:
        """Take all that was said until now, and what the page shows, for that of another record."""
        self._before = {*self._received, *_lines(seen)}
        self._dialogs = len(self.screen.dialogs)

    def values(self, seen: PageState) -> list[str]:
        """Return each value that was said since, or that the page shows now and did not before."""
        said = [*self._received, *self.screen.dialogs[self._dialogs :], *_lines(seen)]
        new = [line for line in said if line not in self._before]
        return [
            *dict.fromkeys(value for line in new if (value := confirmed_value(self.words, line)))
        ]

    def await_value(self, seen: PageState, limit: timedelta) -> tuple[str | None, PageState]:
        """Return the value, and what the page showed then; wait for it until *limit*.

        None is returned where several were said: one of them is another record's.
        """
        deadline = clock.monotonic() + limit
        while not (values := self.values(seen)) and clock.monotonic() < deadline:
            self.screen.page.wait_for_timeout(LOOK_AGAIN_MS)
            seen = read_page(self.screen)
        return (values[0] if len(values) == 1 else None), seen

    def _on_message(self, _: Any, line: str) -> None:
        self._received.append(line)


def confirmed_value(words: str, line: str) -> str | None:
    """Return the value that *line*, or one sentence of it, says in the words of a message.

    The value is one word; signs before and after the sentence count for nothing.
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
