"""The visible fields of a page, each with its fingerprint and the names of its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clerkwork.browser.locate.scores import control_kind, name_of
from clerkwork.model.project.locators import Fingerprint

NEIGHBOURS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A visible field of the page.

    Attributes:
        frame: Index of its frame.
        place: Index among the fields of its frame.
        grid: Index of its grid in the frame, or -1 outside of a grid.
        line: Index of its line in the grid, or -1 outside of a grid.
        covered: Description of the element that covers it; empty if none does.
        blocked: The field is read-only or disabled.
        path: Numbers of the elements that contain it, outermost first.
        seen: Its current fingerprint.
    """

    frame: int
    place: int
    grid: int
    line: int
    covered: str
    blocked: bool
    path: tuple[int, ...] = ()
    seen: Fingerprint


def candidates(frames: Sequence[list[dict[str, Any]]]) -> list[Candidate]:
    """Return the fields of a page from the facts that ``locate.js`` reports for each frame."""
    found = []
    for number, fields in enumerate(frames):
        prints = [Fingerprint.model_validate(_fingerprint_facts(facts)) for facts in fields]
        names = [name_of(seen) for seen in prints]
        kinds = [control_kind(seen) for seen in prints]
        for place, facts in enumerate(fields):
            cell = (facts["grid"], facts["line"])
            line = [at for at, other in enumerate(fields) if cell == (other["grid"], other["line"])]
            near = line if facts["header"] else list(range(len(fields)))
            before = [names[at] for at in near if at < place and names[at]]
            after = [names[at] for at in near if at > place and names[at]]
            alone = facts["header"] or not names[place]  # a grid has one in each line
            namesakes = 0 if alone else names.count(names[place]) - 1
            others = dict.fromkeys(name for name in names if name and name != names[place])
            seen = prints[place].model_copy(
                update={
                    "before": before[::-1][:NEIGHBOURS],
                    "after": after[:NEIGHBOURS],
                    "others": list(others)[:60],
                    "namesakes": namesakes,
                    "order": kinds[:place].count(kinds[place]),
                }
            )
            found.append(
                Candidate(
                    frame=number,
                    place=place,
                    grid=facts["grid"],
                    line=facts["line"],
                    covered=facts["covered"],
                    blocked=facts["blocked"],
                    path=tuple(facts["path"]),
                    seen=seen,
                )
            )
    return found


def _fingerprint_facts(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in Fingerprint.model_fields}
