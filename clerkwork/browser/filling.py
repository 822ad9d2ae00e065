"""Writing values into the fields of a form: in one batch where the page takes it, else one by one.

Which fields of a target have to be written one by one is learned: a field that did not show what
the batch wrote is typed by itself, and from then on at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ElementHandle, Error

from clerkwork.browser.access import calm
from clerkwork.browser.entry import VALUE
from clerkwork.browser.locate import Wanted
from clerkwork.browser.screen import PlaywrightScreen
from clerkwork.browser.settle import settle
from clerkwork.browser.values import Part
from clerkwork.errors import ApplicationException, BusinessException

BATCH = Path(__file__).with_name("filling.js").read_text(encoding="utf-8").strip()
VALUES = f"elements => elements.map({VALUE})"
TAKES = "element => !element.disabled && !element.readOnly"
BLUR = "element => element.blur()"
BATCH_ONE = f"(element, text) => ({BATCH})([[element], [text]])[0]"
OFFERED = """() => {
  const shown = [...document.querySelectorAll("[role=option], [role=listbox] li, [role=menu] li")]
    .filter(one => one.checkVisibility() && !one.querySelector("li"));
  window.__clerkworkOffered = shown;
  return shown.map(one => one.innerText.replace(/\\s+/g, " ").trim());
}"""
TAKE = "place => window.__clerkworkOffered[place]"


@dataclass(slots=True)
class Fields:
    """The fields of one form that were found on the page, by the path of their part.

    Attributes:
        grid_row: Whether the lines of a grid stand on the page by their numbers.
        slow: Names of the parts that this target takes one by one only.
    """

    screen: PlaywrightScreen
    grid_row: bool = True
    slow: set[str] = field(default_factory=set)
    _known: dict[str, ElementHandle] = field(default_factory=dict)

    def find(self, parts: Sequence[Part]) -> None:
        """Find the field of each part, all in one look.

        Raises:
            ApplicationException: ``locator_ambiguous`` or ``page_unexpected``.
        """
        missing = [part for part in parts if part.path not in self._known]
        if not missing:
            return
        wanted = [self._wanted(part) for part in missing]
        for part, found in zip(missing, self.screen.fields(wanted), strict=True):
            self._known[part.path] = found.element

    def forget(self, parts: Sequence[Part]) -> None:
        """Look for the fields of these parts anew when they are needed again."""
        for part in parts:
            self._known.pop(part.path, None)

    def write(self, parts: Sequence[Part]) -> None:
        """Write every part that is not computed, and wait until the page is done with them.

        Raises:
            BusinessException: ``unknown_...``: the page does not offer the value.
            ApplicationException: ``page_unexpected``: a field takes nothing, or is not there.
        """
        parts = [part for part in parts if part.field.entry != "computed"]
        at_once = [part for part in parts if not self._is_slow(part)]
        if at_once:
            self.find(at_once)
            self._batch(at_once)
        for part in parts:
            if self._is_slow(part):
                self.write_alone(part)

    def write_alone(self, part: Part) -> None:
        """Type one part as a person would, and wait for the page."""
        try:
            self._type(part)
        except Error:  # the page has replaced the field meanwhile
            self.forget([part])
            self._type(part)
        calm(self.screen)

    def shown(self, parts: Sequence[Part]) -> dict[str, str]:
        """Return what the field of each part shows now, by its path, in one look."""
        try:
            return self._shown(parts)
        except Error:  # the page has replaced fields meanwhile
            self.forget(parts)
            return self._shown(parts)

    def _is_slow(self, part: Part) -> bool:
        return part.field.entry == "offered" or part.name in self.slow

    def _wanted(self, part: Part) -> Wanted:
        row = part.row if self.grid_row else None
        return self.screen.wanted(part.field.words, row=row)

    def _batch(self, parts: Sequence[Part]) -> None:
        elements = [self._known[part.path] for part in parts]
        try:
            said = self.screen.page.evaluate(BATCH, [elements, [part.typed for part in parts]])
        except Error:  # the page left in the middle of it, or the fields stand in several frames
            self.forget(parts)
            said = ["blocked"] * len(parts)
        calm(self.screen)
        for part, problem in zip(parts, said, strict=True):
            if problem == "missing":
                raise not_offered(self.screen, part)
            if problem:
                self.slow.add(part.name)
                self.write_alone(part)

    def _type(self, part: Part) -> None:
        self.find([part])
        element = self._known[part.path]
        if not element.evaluate(TAKES):
            if part.field.entry != "computed":
                raise unexpected(self.screen, f"{part.field.words} takes nothing")
        elif part.field.entry == "offered":
            self._choose(part, element)
        elif element.evaluate("element => element.tagName") == "SELECT":
            if element.evaluate(BATCH_ONE, part.typed) == "missing":
                raise not_offered(self.screen, part)
        else:
            self._type_where_the_focus_goes(part, element)

    def _type_where_the_focus_goes(self, part: Part, element: ElementHandle) -> None:
        """Type into the field that the page puts the focus in, which may be another one."""
        element.focus()
        settle(self.screen.page)
        frame = element.owner_frame() or self.screen.page.main_frame
        active = frame.evaluate_handle("() => document.activeElement").as_element()
        if active is None or active.evaluate("(one, other) => one === other", element):
            active = element
        plain = active.evaluate("one => ['date', 'number'].includes(one.type)")
        active.fill(part.text if plain else part.typed)
        active.evaluate(BLUR)

    def _choose(self, part: Part, element: ElementHandle) -> None:
        """Type the value and take, of what the page offers then, the one that is it exactly."""
        if part.is_shown(str(element.evaluate(VALUE))):
            return  # typing it again would offer nothing
        element.fill(part.typed)
        calm(self.screen)
        frame = element.owner_frame() or self.screen.page.main_frame
        offered = frame.evaluate(OFFERED)
        for place, text in enumerate(offered):
            if part.is_shown(text):
                option = frame.evaluate_handle(TAKE, place).as_element()
                if option is not None:
                    option.click()
                return
        raise not_offered(self.screen, part)

    def _shown(self, parts: Sequence[Part]) -> dict[str, str]:
        self.find(parts)
        elements = [self._known[part.path] for part in parts]
        try:
            texts = self.screen.page.evaluate(VALUES, elements)
        except Error:  # they stand in several frames
            texts = [element.evaluate(VALUE) for element in elements]
        return {part.path: part.read(str(text)) for part, text in zip(parts, texts, strict=True)}


def not_offered(screen: PlaywrightScreen, part: Part) -> BusinessException:
    """Return the error that the page does not have *part* among what can be chosen."""
    return BusinessException(
        f"unknown_{part.name}",
        "{target} does not offer {value} for {field}.",
        fields=(part.path,),
        target=screen.target.name,
        value=part.text,
        field=part.field.words,
    )


def unexpected(screen: PlaywrightScreen, problem: str) -> ApplicationException:
    """Return the error that the form is not as described."""
    return ApplicationException(
        "page_unexpected",
        "The form of {target} is not as described: {problem}.",
        target=screen.target.name,
        problem=problem,
    )
