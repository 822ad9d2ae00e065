"""Writing values into the fields of a form: in one go where the page takes it, else one by one.

Which fields of a target have to be typed one by one is learned: a field that did not show what was
written in one go is typed by itself, and from then on at once. Where that does not do either, the
page is waited for after it, and from then on at once.
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
from clerkwork.browser.page.controls import VALUE, YES
from clerkwork.browser.page.grid_rows import Look
from clerkwork.browser.page.item_values import PLAIN, Part
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.page.settle import LIMIT
from clerkwork.browser.records.login import wait_idle, wait_other_frames
from clerkwork.browser.scripts import script
from clerkwork.errors import ApplicationException, BusinessException

OPTION = script("records/option")
FILL = script("records/fill", option=OPTION)
READY = script("records/typing", option=OPTION)
LIMIT_MS = LIMIT / timedelta(milliseconds=1)
VALUES = f"""places => {{
  const value = {VALUE};
  return places.map(([kept, at]) => value(kept[at]));
}}"""
BATCH = f"""async ([places, steps, read, limit]) => {{
  const fill = {FILL};
  const value = {VALUE};
  const said = await fill([places.map(([kept, at]) => kept[at]), steps, limit]);
  const all = read.every(([kept, at]) => kept[at].isConnected);
  return {{said, shown: all ? read.map(([kept, at]) => value(kept[at])) : []}};
}}"""
TYPING = "() => window.__clerkworkTyping"
BLUR = "element => element.blur()"
OFFERED = """() => {
  const shown = [...document.querySelectorAll("[role=option], [role=listbox] li, [role=menu] li")]
    .filter(one => one.checkVisibility() && !one.querySelector("li"));
  window.__clerkworkOffered = shown;
  return shown.map(one => one.innerText.replace(/\\s+/g, " ").trim());
}"""
OPTIONS = "element => [...element.options].map(one => one.text.trim()).filter(Boolean)"
MOST_OFFERS = 10  # named in a message
WAIT_AFTER = "!"  # follows the name of a part after which the page is waited for
TAKE = "place => window.__clerkworkOffered[place]"


@dataclass(slots=True)
class Fields:
    """The fields of one form that were found on the page, by the path of their part.

    Attributes:
        grid_row: Whether the lines of a grid stand on the page by their numbers.
        eager: Whether a choice is asked for while the page is still at work.
        slow: Names of the parts that this target takes one by one only, with ``PATIENTLY`` where
            it has to be waited for after each.
    """

    screen: PlaywrightScreen
    grid_row: bool = True
    eager: bool = False
    slow: set[str] = field(default_factory=set)
    _known: dict[str, LocatedField] = field(default_factory=dict)

    def find(self, parts: Sequence[Part], seen: Look | None = None) -> None:
        """Find the field of each part, all in one look, which may have been taken just now.

        Raises:
            ApplicationException: ``locator_ambiguous`` or ``page_unexpected``.
            BusinessException: ``too_long``: the field would cut the value, which may be a reference
                that two records then share.
        """
        missing = [part for part in parts if part.path not in self._known]
        if not missing:
            return
        wanted = [self._wanted(part) for part in missing]
        for part, found in zip(missing, self.screen.fields(wanted, seen), strict=True):
            _refuse_too_long(self.screen, part, found)
            self._known[part.path] = found

    def forget(self, parts: Sequence[Part]) -> None:
        """Look for the fields of these parts anew when they are needed again."""
        for part in parts:
            self._known.pop(part.path, None)

    def write(self, parts: Sequence[Part]) -> dict[str, str]:
        """Write every part that is not computed, and wait until the page is done with them.

        Returns:
            What the field of each part shows then, by its path, where it was read in the same go;
            else nothing. It is out of date as soon as anything more is done on the page.

        Raises:
            BusinessException: ``unknown_...``: the page does not offer the value.
            ApplicationException: ``page_unexpected``: a field takes nothing, or is not there.
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
        """Remember that *part* does not show what was written in the way that is taken now."""
        if part.field.entry != "computed":
            self.slow.add(f"{part.name}{WAIT_AFTER}" if self._is_slow(part) else part.name)

    def write_alone(self, part: Part) -> None:
        """Type one part as a person would, and wait for the page."""
        self._type(part)
        wait_idle(self.screen)

    def shown(self, parts: Sequence[Part]) -> dict[str, str]:
        """Return what the field of each part shows now, by its path, in one look."""
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
        """Write *parts* in one go; return what *read* show then, where one frame has them all."""
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
                problems += result["said"]
                shown = result["shown"]
            except Error:  # the page left in the middle of it
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
        pairs = zip(read, shown, strict=False)  # none is shown where one of them was replaced
        return {part.path: self._as_item_text(part, text) for part, text in pairs}

    def _in_one_frame(self, parts: Sequence[Part]) -> bool:
        known = [self._known.get(part.path) for part in parts]
        return None not in known and len({one.frame for one in known if one is not None}) == 1

    def _places(self, parts: Sequence[Part]) -> list[list[Any]]:
        found = [self._known[part.path] for part in parts]
        return [[one.kept, one.at] for one in found]

    def _step(self, part: Part) -> dict[str, Any]:
        """Return what the page's scripts are told of *part*."""
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
        except Error:  # the page has replaced the field meanwhile, or left because of it
            wait_idle(self.screen)
            self.forget([part])
            self._type_now(part)

    def _type_now(self, part: Part) -> None:
        ready = self._prepare(part)
        if ready.get("gone"):  # the page has built its form anew
            self.forget([part])
            ready = self._prepare(part)
        if ready.get("missing"):
            raise not_offered(self.screen, part, self._options(part))
        if ready.get("takes") is False and part.field.entry != "computed":
            raise unexpected(self.screen, f"{part.field.words} takes nothing")
        if "tick" not in ready:  # it shows the value, or takes none
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
        """Put the focus into the field of *part*, and return what it is; see ``typing.js``."""
        self.find([part])
        found = self._known[part.path]
        facts: dict[str, Any] = found.frame.evaluate(
            READY, [found.element, self._step(part), LIMIT_MS]
        )
        return facts

    def _choose(self, part: Part, found: LocatedField, element: ElementHandle) -> None:
        """Type the value and take, of what the page offers then, the one that is it exactly."""
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
        """Return what the list of *part* offers; nothing where the page has replaced it."""
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
    """Stop where a field takes fewer characters than what is *typed*.

    Raises:
        BusinessException: ``too_long``.
    """
    most = found.seen.attributes.get("maxlength", "")
    length = len(typed.encode("utf-16-le")) // 2  # as a page counts
    if not most.isdecimal() or length <= int(most):
        return
    raise BusinessException(
        "too_long",
        "{field} of {target} takes {most} characters; {value} has more.",
        fields=(path,),
        field=found.words,
        target=screen.target.name,
        most=most,
        value=shown,
    )


def not_offered(
    screen: PlaywrightScreen, part: Part, offers: Sequence[str] = ()
) -> BusinessException:
    """Return the error that the page does not have *part* among what can be chosen, *offers*."""
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
    """Return the error that the form is not as described."""
    return ApplicationException(
        "page_unexpected",
        "The form of {target} is not as described: {problem}.",
        target=screen.target.name,
        problem=problem,
    )
