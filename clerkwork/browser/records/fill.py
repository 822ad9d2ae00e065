"""Writes values into the fields of a form: all at once if the page allows it, else one by one.

The slow fields of a target are learned. A field that does not show its value after all were written
at once is typed alone, now and in every later form. If that fails as well, typing it is followed by
a wait for the page, now and in every later form.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any

from playwright.sync_api import ElementHandle, Error

from clerkwork.browser.locate.group_match import Wanted
from clerkwork.browser.locate.locate import LocatedField
from clerkwork.browser.page.controls import YES
from clerkwork.browser.page.grid_rows import Look
from clerkwork.browser.page.item_values import PLAIN, Part
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.page.settle import LIMIT
from clerkwork.browser.records.login import wait_idle, wait_other_frames
from clerkwork.browser.scripts import script
from clerkwork.errors import ApplicationException, BusinessException

BATCH = script("records/fill", "fillAndRead")
VALUES = script("records/fill", "shownValues")
READY = script("records/typing", "readyToType")
TYPING = script("records/typing", "typingField")
BLUR = script("records/typing", "leaveField")
OFFERED = script("records/options", "readOffers")
TAKE = script("records/options", "keptOffer")
OPTIONS = script("records/options", "optionTexts")
LIMIT_MS = LIMIT / timedelta(milliseconds=1)
MOST_OFFERS = 10  # listed in a message
WAIT_AFTER = "!"  # suffix of the name of a value after which to wait for the page


@dataclass(slots=True)
class Fields:
    """The fields of one form, found when they are first needed.

    Attributes:
        screen: The screen that shows the form.
        grid_row: Whether each line of an item has its own row on the page.
        eager: Whether to open a list of choices while the page is still busy.
        slow: Names of values that this target accepts only one field at a time; with the suffix
            ``WAIT_AFTER`` if the page has to be waited for after each.
    """

    screen: PlaywrightScreen
    grid_row: bool = True
    eager: bool = False
    slow: set[str] = field(default_factory=set)
    _known: dict[str, LocatedField] = field(default_factory=dict)

    def find(self, parts: Sequence[Part], seen: Look | None = None) -> None:
        """Find the field of each value by one scan of the page, or by the scan *seen*.

        Raises:
            ApplicationException: ``locator_ambiguous`` or ``page_unexpected``.
            BusinessException: ``too_long``: the field would truncate the value. A truncated
                reference could be equal to that of another record.
        """
        missing = [part for part in parts if part.path not in self._known]
        if not missing:
            return
        wanted = [self._wanted(part) for part in missing]
        for part, found in zip(missing, self.screen.fields(wanted, seen), strict=True):
            _refuse_too_long(self.screen, part, found)
            self._known[part.path] = found

    def forget(self, parts: Sequence[Part]) -> None:
        """Forget the fields of these values, so that they are searched for again."""
        for part in parts:
            self._known.pop(part.path, None)

    def write(self, parts: Sequence[Part]) -> dict[str, str]:
        """Write every value that the page does not compute, and wait until the page is idle.

        Returns:
            The text that each field shows then, by path, if the same script could read it; else
            nothing. It is valid until the next action on the page.

        Raises:
            BusinessException: ``unknown_...``: the page does not offer the value.
            ApplicationException: ``page_unexpected``: a field is missing, read-only or disabled.
        """
        written = [part for part in parts if part.field.entry not in {"computed", "shown"}]
        shown: dict[str, str] = {}
        for slow, run in groupby(written, self._is_slow):
            own = list(run)
            if not slow:
                shown = self._batch(own, read=parts if own == written else ())
                continue
            for part in own:
                if f"{part.name}{WAIT_AFTER}" in self.slow:
                    self.write_alone(part)
                else:
                    self._type(part)
            wait_idle(self.screen)
        return shown

    def learn(self, part: Part) -> None:
        """Mark *part* for the next slower way of writing, because its field shows another value."""
        if part.field.entry != "computed":
            self.slow.add(f"{part.name}{WAIT_AFTER}" if self._is_slow(part) else part.name)

    def write_alone(self, part: Part) -> None:
        """Type one value as a person would, and wait for the page."""
        self._type(part)
        wait_idle(self.screen)

    def shown(self, parts: Sequence[Part]) -> dict[str, str]:
        """Return the value that each field shows now, by path."""
        try:
            return self._shown(parts)
        except Error:  # the page has replaced fields meanwhile
            self.forget(parts)
            return self._shown(parts)

    def _is_slow(self, part: Part) -> bool:
        return bool({part.name, f"{part.name}{WAIT_AFTER}"} & self.slow)

    def _wanted(self, part: Part) -> Wanted:
        row = part.row if self.grid_row else None
        return self.screen.wanted(part.field.words, row=row)

    def _batch(self, parts: Sequence[Part], read: Sequence[Part]) -> dict[str, str]:
        """Write *parts* at once; return the values of *read* if all are in one frame."""
        self.find(parts)
        problems: list[str] = []
        shown: list[str] = []
        if len(self.screen.page.frames) > 1 or not self._in_one_frame(read):
            read = ()
        for frame, run in groupby(parts, lambda part: self._known[part.path].frame):
            own = list(run)
            order = [
                self._places(own),
                [self._step(part) for part in own],
                self._places(read),
                LIMIT_MS,
            ]
            try:
                result = frame.evaluate(BATCH, order)
                problems += result["problems"]
                shown = result["shown"]
            except Error:  # the page was left meanwhile
                wait_idle(self.screen)
                self.forget(own)
                problems += ["blocked"] * len(own)
        wait_other_frames(self.screen)
        for part, problem in zip(parts, problems, strict=True):
            if problem == "missing":
                raise not_offered(self.screen, part, self._options(part))
            if problem:
                self.slow.add(part.name)
                self.write_alone(part)
                shown = []
        pairs = zip(read, shown, strict=False)  # *shown* is empty if a field was replaced
        return {part.path: self._as_item_text(part, text) for part, text in pairs}

    def _in_one_frame(self, parts: Sequence[Part]) -> bool:
        known = [self._known.get(part.path) for part in parts]
        return None not in known and len({one.frame for one in known if one is not None}) == 1

    def _places(self, parts: Sequence[Part]) -> list[list[Any]]:
        found = [self._known[part.path] for part in parts]
        return [[one.kept, one.at] for one in found]

    def _step(self, part: Part) -> dict[str, Any]:
        """Return the facts about *part* that the page's scripts need."""
        return {
            "text": part.text,
            "typed": part.typed,
            "offered": part.field.entry == "offered",
            "shows": part.shows_pattern,
            "eager": self.eager,
        }

    def _type(self, part: Part) -> None:
        try:
            self._type_now(part)
        except Error:  # the page has replaced the field, or was left because of it
            wait_idle(self.screen)
            self.forget([part])
            self._type_now(part)

    def _type_now(self, part: Part) -> None:
        ready = self._prepare(part)
        if ready.get("gone"):  # the page has rebuilt its form
            self.forget([part])
            ready = self._prepare(part)
        if ready.get("missing"):
            raise not_offered(self.screen, part, self._options(part))
        if ready.get("takes") is False and part.field.entry != "computed":
            problem = f"the field {part.field.words} is read-only or disabled"
            raise unexpected(self.screen, problem)
        if "tick" not in ready:  # it shows the value already, or is computed
            return
        found = self._known[part.path]
        active = found.element
        if ready["other"]:
            active = found.frame.evaluate_handle(TYPING).as_element() or active
        if ready["tick"]:
            active.set_checked(part.typed.casefold() in YES)
        elif part.field.entry == "offered":
            self._choose(part, found, active)
        else:
            active.fill(part.text if ready["plain"] else part.typed)
            active.evaluate(BLUR)

    def _prepare(self, part: Part) -> dict[str, Any]:
        """Focus the field of *part*, and return facts about it; see ``typing.js``."""
        self.find([part])
        found = self._known[part.path]
        facts: dict[str, Any] = found.frame.evaluate(
            READY, [found.element, self._step(part), LIMIT_MS]
        )
        return facts

    def _choose(self, part: Part, found: LocatedField, element: ElementHandle) -> None:
        """Type the value, and click the option that equals it among those that the page offers."""
        element.fill(part.typed)
        wait_idle(self.screen)
        offered = found.frame.evaluate(OFFERED)
        for place, text in enumerate(offered):
            if part.is_shown(text):
                option = found.frame.evaluate_handle(TAKE, place).as_element()
                if option is not None:
                    option.click()
                return
        raise not_offered(self.screen, part, offered)

    def _options(self, part: Part) -> list[str]:
        """Return the options in the list of *part*; none if the page has replaced it."""
        with contextlib.suppress(Error):
            return list(self._known[part.path].element.evaluate(OPTIONS))
        return []

    def _shown(self, parts: Sequence[Part]) -> dict[str, str]:
        self.find(parts)
        shown: dict[str, str] = {}
        for frame, run in groupby(parts, lambda part: self._known[part.path].frame):
            own = list(run)
            texts = frame.evaluate(VALUES, self._places(own))
            for part, text in zip(own, texts, strict=True):
                shown[part.path] = self._as_item_text(part, str(text))
        return shown

    def _as_item_text(self, part: Part, shown: str) -> str:
        found = self._known.get(part.path)
        native = found is not None and found.seen.type == "number"
        return part.read(shown, numbers=PLAIN if native else "")


def _refuse_too_long(screen: PlaywrightScreen, part: Part, found: LocatedField) -> None:
    if part.field.entry != "computed":
        refuse_too_long(screen, found, part.typed, path=part.path, shown=part.text)


def refuse_too_long(
    screen: PlaywrightScreen, found: LocatedField, typed: str, *, path: str, shown: str
) -> None:
    """Refuse a value that is longer than its field allows.

    Args:
        screen: The screen that shows the field.
        found: The field.
        typed: The text to type.
        path: Path of the value in the item.
        shown: The value, for the message.

    Raises:
        BusinessException: ``too_long``.
    """
    most = found.seen.attributes.get("maxlength", "")
    length = len(typed.encode("utf-16-le")) // 2  # UTF-16 units, as browsers count
    if not most.isdecimal() or length <= int(most):
        return
    raise BusinessException(
        "too_long",
        "{field} of {target} allows {most} characters; {value} has more.",
        fields=(path,),
        field=found.words,
        target=screen.target.name,
        most=most,
        value=shown,
    )


def not_offered(
    screen: PlaywrightScreen, part: Part, offers: Sequence[str] = ()
) -> BusinessException:
    """Return the error that the page's options, *offers*, do not contain the value of *part*."""
    message = "{target} does not offer {value} for {field}."
    if offers:
        message = "{target} does not offer {value} for {field}; it offers: {offers}"
    more = ["..."] if len(offers) > MOST_OFFERS else []
    return BusinessException(
        f"unknown_{part.name}",
        message,
        fields=(part.path,),
        target=screen.target.name,
        value=part.text,
        field=part.field.words,
        offers="; ".join([*offers[:MOST_OFFERS], *more]),
    )


def unexpected(screen: PlaywrightScreen, problem: str) -> ApplicationException:
    """Return the error that the form differs from its description."""
    return ApplicationException(
        "page_unexpected",
        "The form of {target} differs from its description: {problem}.",
        target=screen.target.name,
        problem=problem,
    )
