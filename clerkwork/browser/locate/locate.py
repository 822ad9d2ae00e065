"""Finds fields and buttons by their visible labels, in all frames and open shadow roots.

Only a certain match is returned. The page may still be loading, so the search repeats until its
timeout, and then fails with an error that lists the candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from playwright.sync_api import ElementHandle, Error, Frame, JSHandle, Page

from clerkwork import clock
from clerkwork.browser.locate.candidates import Candidate, candidates
from clerkwork.browser.locate.group_match import (
    Wanted,
    decide_jointly,
    drop_shared_claims,
    mark_trusted,
)
from clerkwork.browser.locate.match import FoundBy, MatchResult, choose
from clerkwork.browser.locate.scores import name_of
from clerkwork.browser.scripts import script
from clerkwork.errors import ApplicationException
from clerkwork.model.project.locators import Fingerprint

FIELDS = script("locate/fields", "findFields")
BUTTONS = script("locate/buttons", "findButtons")
KEPT = script("locate/kept", "keptElement")
TAKEN = script("locate/kept", "keptElements")
LOOK_AGAIN_MS = 100
SETTLED = timedelta(milliseconds=400)


@dataclass(frozen=True, kw_only=True)
class LocatedField:
    """A field that was found with certainty.

    Attributes:
        words: The label that was searched for.
        kept: Handle of the page's list of elements that one search found in one frame.
        at: Its index in that list.
        frame: Its frame.
        found_by: The evidence by which it was found.
        seen: Its current fingerprint.
        covered: Description of the element that covers it; empty if none does.
        score: Total match score; 0 if it was found by its label alone.
    """

    words: str
    kept: JSHandle
    at: int
    frame: Frame
    found_by: FoundBy
    seen: Fingerprint
    covered: str
    score: float

    @cached_property
    def element(self) -> ElementHandle:
        """Return the element.

        Raises:
            Error: The page was replaced after the field was found.
        """
        element = self.kept.get_property(str(self.at)).as_element()
        if element is None:
            raise Error("the page was replaced")
        return element


def find_field(page: Page, wanted: Wanted, *, timeout_s: float = 5.0) -> LocatedField:
    """Return the wanted field, from any frame of *page*.

    Raises:
        ApplicationException: ``locator_ambiguous``: several fields match, and the message lists
            them; ``page_unexpected``: no field matches within *timeout_s*.
    """
    (found,) = find_fields(page, [wanted], timeout_s=timeout_s)
    if isinstance(found, ApplicationException):
        raise found
    return found


def find_fields(
    page: Page,
    wanted: Sequence[Wanted],
    *,
    timeout_s: float = 5.0,
    seen: tuple[list[Frame], list[Candidate]] | None = None,
) -> list[LocatedField | ApplicationException]:
    """Return each wanted field, or the error why it was not found, by one scan of the page.

    Args:
        page: The page to search.
        wanted: The fields to find.
        timeout_s: Seconds until the search gives up.
        seen: A scan of the page that was made just now, used instead of the first one.
    """
    deadline = clock.monotonic() + timedelta(seconds=timeout_s)
    since, before = clock.monotonic(), ""
    while True:
        frames, fields = seen or look(page)
        seen = None
        sought = mark_trusted(wanted, fields)
        matches = decide_jointly(
            sought, drop_shared_claims([_match(one, fields) for one in sought]), fields
        )
        now = repr([(one.frame, one.place, name_of(one.seen)) for one in fields])
        if now != before:
            since, before = clock.monotonic(), now
        steady = clock.monotonic() - since >= SETTLED or all(map(_is_certain_at_once, matches))
        late = clock.monotonic() >= deadline
        if late or (steady and all(match.field for match in matches)):
            elements = _elements(frames, matches)
            found = [
                _located(frames, one.words, match, element)
                or _not_found(page, one.words, match, fields)
                for one, match, element in zip(wanted, matches, elements, strict=True)
            ]
            if late or not any(isinstance(one, ApplicationException) for one in found):
                return found
        page.wait_for_timeout(LOOK_AGAIN_MS)


def _match(wanted: Wanted, fields: Sequence[Candidate]) -> MatchResult:
    """Return the match for one wanted field; an ambiguous one is retried without covered fields.

    With a fingerprint, the retry counts only if it finds the best candidate of all fields: a pop-up
    may cover the form and leave a copy of it visible.
    """
    match = _choose(wanted, fields)
    free = [field for field in fields if not field.covered]
    if match.ambiguous and len(free) < len(fields):
        other = _choose(wanted, free)
        best = match.ambiguous[0]
        if wanted.recorded is None or (other.field is best and not match.contested):
            return other
    return match


def _choose(wanted: Wanted, fields: Sequence[Candidate]) -> MatchResult:
    trusted = wanted.trusted
    return choose(wanted.words, fields, wanted.recorded, wanted.row, trusted=trusted)


def _is_certain_at_once(match: MatchResult) -> bool:
    return match.field is not None and match.found_by is FoundBy.LABEL


def has_button(page: Page, words: str, *, timeout_s: float = 0) -> bool:
    """Return whether *page* shows a button labelled *words* within *timeout_s*, in any frame."""
    deadline = clock.monotonic() + timedelta(seconds=timeout_s)
    while not (there := bool(_buttons(page, [words]))) and clock.monotonic() < deadline:
        page.wait_for_timeout(LOOK_AGAIN_MS)
    return there


def find_button(page: Page, *words: str, timeout_s: float = 5.0) -> ElementHandle:
    """Return the button with one of the labels *words*; earlier labels take precedence.

    Raises:
        ApplicationException: ``locator_ambiguous``, ``page_covered`` or ``page_unexpected``.
    """
    deadline = clock.monotonic() + timedelta(seconds=timeout_s)
    names = ", ".join(words)
    while True:
        hits = _buttons(page, words)
        free = [hit for hit in hits if not hit[1]["covered"] and not hit[1]["blocked"]]
        if len(free) == 1:
            return free[0][0]
        if clock.monotonic() >= deadline:
            break
        page.wait_for_timeout(LOOK_AGAIN_MS)
    if len(free) > 1:
        shown = "; ".join(facts["label"] for _, facts in free)
        raise _ambiguous(page, names, shown)
    if cover := next((facts["covered"] for _, facts in hits if facts["covered"]), ""):
        raise covered_error(page, names, cover)
    if hits:
        raise _unexpected(page, names, "disabled")
    raise _missing(page, names, "there is no such button")


def covered_error(page: Page, words: str, cover: str) -> ApplicationException:
    """Return the error that another element covers the wanted one."""
    return ApplicationException(
        "page_covered",
        "On {place}, {wanted} is covered by another element: {cover}",
        place=place(page),
        wanted=words,
        cover=cover,
    )


def place(page: Page) -> str:
    """Return the page's address without its query, which may contain data of the item."""
    return page.url.partition("?")[0]


def look(page: Page) -> tuple[list[Frame], list[Candidate]]:
    """Scan *page*: return its visible frames and every visible field in them."""
    frames, reports = [], []
    for frame in page.frames:
        try:
            if frame.parent_frame is not None and not frame.frame_element().is_visible():
                continue
            fields = frame.evaluate(FIELDS)
            if fields is None:  # a virtual list is scrolling back to its start
                page.wait_for_timeout(LOOK_AGAIN_MS)
                fields = frame.evaluate(FIELDS, True)
        except Error:
            if frame.parent_frame is None and page.is_closed():
                raise
            continue  # the frame is loading; the next scan includes it
        frames.append(frame)
        reports.append(fields)
    return frames, candidates(reports)


def _buttons(page: Page, words: Sequence[str]) -> list[tuple[ElementHandle, dict[str, Any]]]:
    found: list[tuple[ElementHandle, dict[str, Any]]] = []
    for frame in page.frames:
        try:
            reports = frame.evaluate(BUTTONS, list(words))
            for at, facts in enumerate(reports):
                element = frame.evaluate_handle(KEPT, at).as_element()
                if element is not None:
                    found.append((element, facts))
        except Error:
            continue
    for at in range(len(words)):
        if hits := [hit for hit in found if hit[1]["word"] == at]:
            return [hit for hit in hits if hit[1]["exact"]] or hits
    return []


def _elements(
    frames: Sequence[Frame], matches: Sequence[MatchResult]
) -> list[tuple[JSHandle, int] | None]:
    """Return a handle and an index for the field of each match, by one call to each frame."""
    elements: list[tuple[JSHandle, int] | None] = [None] * len(matches)
    for number, frame in enumerate(frames):
        own = {
            at: match.field.place
            for at, match in enumerate(matches)
            if match.field is not None and match.field.frame == number
        }
        if not own:
            continue
        try:
            kept = frame.evaluate_handle(TAKEN, list(own.values()))
        except Error:
            continue  # the frame was replaced after the scan
        for place, at in enumerate(own):
            elements[at] = (kept, place)
    return elements


def _located(
    frames: Sequence[Frame], words: str, match: MatchResult, element: tuple[JSHandle, int] | None
) -> LocatedField | None:
    field = match.field
    if field is None or element is None:
        return None
    return LocatedField(
        words=words,
        kept=element[0],
        at=element[1],
        frame=frames[field.frame],
        found_by=match.found_by,
        seen=field.seen,
        covered=field.covered,
        score=match.score,
    )


def _not_found(
    page: Page, words: str, match: MatchResult, fields: Sequence[Candidate]
) -> ApplicationException:
    if match.ambiguous:
        return _ambiguous(page, words, _named(match.ambiguous))
    if not fields:
        return _missing(page, words, "there is no field at all")
    return _missing(page, words, f"there are {_named(fields)}")


def _named(fields: Sequence[Candidate], most: int = 12) -> str:
    names = [_name(field) for field in fields[:most]]
    return "; ".join(names) + ("; ..." if len(fields) > most else "")


def _name(field: Candidate) -> str:
    seen = field.seen
    tag = f"{seen.tag}[{seen.type}]" if seen.type else seen.tag
    own = seen.attributes.get("id") or seen.attributes.get("name") or ""
    return f"{name_of(seen) or '(no words)'} <{tag}{' ' + own if own else ''}>"


def _ambiguous(page: Page, words: str, shown: str) -> ApplicationException:
    return ApplicationException(
        "locator_ambiguous",
        "On {place}, {wanted} matches more than one element: {candidates}",
        place=place(page),
        wanted=words,
        candidates=shown,
    )


def _missing(page: Page, words: str, reason: str) -> ApplicationException:
    return _unexpected(page, words, f"not found, {reason}")


def _unexpected(page: Page, words: str, reason: str) -> ApplicationException:
    return ApplicationException(
        "page_unexpected",
        "The page {place} is not as expected: {wanted} was {reason}.",
        place=place(page),
        wanted=words,
        reason=reason,
    )
