"""The screen that page functions work on: one Playwright page, its evidence and the submit check.

It runs in the browser's child process and talks to the worker over a channel.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from playwright.sync_api import Dialog, Error, Page

from clerkwork.browser.locate.fingerprints import FingerprintProposal
from clerkwork.browser.locate.group_match import Wanted
from clerkwork.browser.locate.locate import (
    LocatedField,
    find_button,
    find_field,
    find_fields,
    look,
)
from clerkwork.browser.locate.match import FoundBy
from clerkwork.browser.locate.scores import name_of
from clerkwork.browser.page import evidence, traces
from clerkwork.browser.page.controls import FoundEntry, click_point
from clerkwork.browser.page.grid_rows import Look, count_lines
from clerkwork.browser.page.item_values import Part, fits
from clerkwork.browser.scripts import script
from clerkwork.children import Channel
from clerkwork.config.disk import used_percent
from clerkwork.errors import ApplicationException
from clerkwork.model.project.locators import Fingerprint
from clerkwork.model.project.targets import Target

LOCATE_S = 5.0
AIM_AT_BUTTON = script("page/aim", "aimAtButton")
SHORTEST_TOKEN = 8  # characters; a shorter cookie is a preference, such as a language
_proposed: dict[tuple[str, str], Fingerprint] = {}  # by target and label


class PlaywrightScreen:
    """A bot's screen in a real browser; see the protocol ``Screen``.

    Attributes:
        page: The Playwright page.
        base_url: The target's address without a trailing slash.
        username: User name for the login.
        password: Password for the login.
        target: The target's description.
        slow: Names of item values that the target accepts only one field at a time.
        pages: The target's custom ``pages.py``, if it has one.
        dialogs: Texts of the browser dialogs (alert, confirm, prompt) so far, in order.
    """

    def __init__(
        self,
        page: Page,
        channel: Channel,
        folder: Path,
        *,
        full_percent: float,
        base_url: str,
        username: str,
        password: str,
        target: Target,
        slow: frozenset[str] = frozenset(),
        pages: Path | None = None,
        fingerprints: Mapping[str, Fingerprint] = MappingProxyType({}),
        locate_s: float = LOCATE_S,
    ) -> None:
        self.page = page
        self.base_url = base_url
        self.username = username
        self.password = password
        self.target = target
        self.slow = slow
        self.pages = pages
        self.dialogs: list[str] = []
        self._channel = channel
        self._evidence = folder
        self._full_percent = full_percent
        self._fingerprints = fingerprints
        self._locate_s = locate_s
        self._secrets = {password} if password else set()
        page.on("dialog", self._answer_dialog)

    def _answer_dialog(self, dialog: Dialog) -> None:
        """Answer a browser dialog: OK if it only informs or is described under ``agree``."""
        agreed = self.target.form.agree if self.target.form else []
        said = " ".join(dialog.message.split())
        known = any(fits(pattern, said) for pattern in agreed)
        if dialog.type in {"alert", "beforeunload"} or known:
            dialog.accept()
        else:
            dialog.dismiss()
        self.dialogs.append(said)

    def field(
        self, words: str, *, recorded: Fingerprint | None = None, row: int | None = None
    ) -> FoundEntry:
        """Return the field labelled *words*; see the protocol ``Screen``.

        Raises:
            ApplicationException: ``locator_ambiguous`` or ``page_unexpected``.
        """
        known = recorded or self._fingerprints.get(words)
        wanted = Wanted(words=words, recorded=known, row=row)
        found = find_field(self.page, wanted, timeout_s=self._locate_s)
        if _is_news(found, known):
            self._propose(found, known)
        return FoundEntry(self.page, found.element, found)

    def wanted(self, words: str, *, row: int | None = None) -> Wanted:
        """Return a search for the field labelled *words*, with its accepted fingerprint."""
        return Wanted(words=words, recorded=self._fingerprints.get(words), row=row)

    def fields(self, wanted: Sequence[Wanted], seen: Look | None = None) -> list[LocatedField]:
        """Return all *wanted* fields by one scan of the page; otherwise like ``field``.

        Args:
            wanted: The fields to find.
            seen: A scan of the page that was made just now, used instead of the first one.

        Raises:
            ApplicationException: ``locator_ambiguous`` or ``page_unexpected`` for the first field
                that was not found.
        """
        found = []
        for one in find_fields(self.page, wanted, timeout_s=self._locate_s, seen=seen):
            if isinstance(one, ApplicationException):
                raise one
            found.append(one)
        for one, asked in zip(found, wanted, strict=True):
            if _is_news(one, asked.recorded):
                self._propose(one, asked.recorded)
        return found

    def grid_rows(self, words: Sequence[str]) -> int:
        """Return the number of lines in the grid that has columns labelled *words*."""
        return count_lines(look(self.page)[1], words)

    def learn_slow(self, names: Collection[str]) -> None:
        """Report item values, by name, that the target accepts only one field at a time."""
        if set(names) - self.slow:
            self._channel.tell("slow", sorted(self.slow.union(names)))

    def button(self, *words: str) -> FoundEntry:
        """Return the button with one of the labels *words*; see the protocol ``Screen``.

        Raises:
            ApplicationException: ``locator_ambiguous``, ``page_covered`` or ``page_unexpected``.
        """
        return FoundEntry(self.page, find_button(self.page, *words, timeout_s=self._locate_s))

    def click(self, words: str) -> None:
        """Click the button labelled *words*, found by one call to the page if possible.

        Raises:
            ApplicationException: ``locator_ambiguous``, ``page_covered`` or ``page_unexpected``.
        """
        point = None
        if len(self.page.frames) == 1:
            with contextlib.suppress(Error):  # the page is being replaced
                point = self.page.evaluate(AIM_AT_BUTTON, words)
        if point is None or not click_point(self.page, point):
            self.button(words).click()

    def hide(self, texts: Iterable[str]) -> None:
        """Cover these texts in every screenshot, and mask them in all other evidence."""
        self._secrets.update(texts)

    def keep(self, name: str) -> None:
        """Keep a screenshot of the whole page as *name*; elements that show secrets are covered."""
        if not self._has_room(name):
            return
        try:
            taken = evidence.picture(self.page, self._secrets)
        except Error:
            if self.page.is_closed():
                raise
            self.log("No evidence {name} was kept: the page is being replaced.", name=name)
            return
        self._store_evidence(name, taken, ".jpg")

    def keep_record(self, parts: Sequence[Part], shown: Mapping[str, str]) -> None:
        """Keep the typed and the shown value of each field, a screenshot and the page's text."""
        if self._has_room("fields"):
            self._store_evidence("fields", evidence.field_lines(parts, shown).encode(), ".jsonl")
        self.keep("before_submit")
        if self._has_room("form"):
            hidden = {*self._secrets, *(part.text for part in parts if part.field.secret)}
            self._store_evidence("form", evidence.page_text(self.page, hidden).encode(), ".txt")

    def keep_text(self, name: str, text: str) -> None:
        """Keep *text* of the page as *name*, without secrets."""
        if self._has_room(name):
            self._store_evidence(name, evidence.without(text, self._secrets).encode(), ".txt")

    def keep_trace(self, trace: bytes) -> None:
        """Keep the trace of the call, without secrets, cookies and message bodies."""
        if self._has_room("trace"):
            cookies = [cookie.get("value", "") for cookie in self.page.context.cookies()]
            tokens = [value for value in cookies if len(value) >= SHORTEST_TOKEN]
            self._store_evidence("trace", traces.scrubbed(trace, [*self._secrets, *tokens]), ".zip")

    def _has_room(self, name: str) -> bool:
        if used_percent(self._evidence) < self._full_percent:
            return True
        self.log("No evidence {name} was kept: the disk is nearly full.", name=name)
        return False

    def _store_evidence(self, name: str, data: bytes, suffix: str) -> None:
        sha256 = evidence.keep(self._evidence, data, suffix)
        facts = {"name": name, "sha256": sha256, "media_type": evidence.TYPES[suffix]}
        self._channel.tell("evidence", facts)

    def _propose(self, found: LocatedField, known: Fingerprint | None) -> None:
        if known is not None:
            self.keep("healed")
        elif _proposed.get((self.target.name, found.words)) == found.seen:
            return
        else:
            _proposed[self.target.name, found.words] = found.seen
        proposal = FingerprintProposal(was=known, now=found.seen, score=round(found.score, 1))
        self._channel.tell("located", {"words": found.words, "proposal": proposal.model_dump()})

    def log(self, message: str, **facts: object) -> None:
        """Write *message* to the run log; ``{name}`` is replaced by the fact of that name."""
        texts = {name: str(value) for name, value in facts.items()}
        self._channel.tell("log", {"message": message, "facts": texts})

    def about_to_submit(self) -> None:
        """Ask the worker for permission to submit.

        Raises:
            Fenced: Another worker has taken over the item; nothing may be clicked.
        """
        self._channel.ask("about_to_submit", None)


def _is_news(found: LocatedField, known: Fingerprint | None) -> bool:
    """Return whether a new fingerprint is to be proposed: there was none, or the name changed."""
    if known is None or found.found_by is not FoundBy.FINGERPRINT:
        return known is None
    said = name_of(known)
    if not said:  # the field has no name: compare its attributes
        return known.attributes != found.seen.attributes
    return said != name_of(found.seen)


def keep_failure(screen: PlaywrightScreen) -> bool:
    """Keep a screenshot of the page where a call failed; return whether the page responds."""
    with contextlib.suppress(Error, OSError):
        if evidence.answers(screen.page):
            screen.keep("failure")
            return True
    return False


def place(page: Any) -> str:
    """Return the page's address without its query, which may contain data of the item."""
    return str(page.url).partition("?")[0]
