"""Deciding which field of a page is meant: sure or not at all, never by a guess.

First the words: a label that says them, on one field only. Then the words beside a field that has
no label. Then the recorded fingerprint: every field gets a score, in the manner of log odds, and
the best one counts when it is good in itself and clearly better than the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clerkwork.browser.words import likeness, plain
from clerkwork.model.locators import Fingerprint

ENOUGH = 3.5  # a lower score is no field at all
MARGIN = 1.5  # by less than this two fields are not told apart
NEIGHBOURS = 3
LEAST_FOR_REST = 2  # fields a form must have for the last one to be known by the others
TEXTS = ("text", "search", "email", "tel", "url", "password", "number", "textarea", "date", "")
CHOICES = ("select-one", "select-multiple", "combobox", "listbox", "button")
TICKS = ("checkbox", "radio", "switch")


class How(StrEnum):
    """By what a field was found."""

    LABEL = "label"
    BESIDE = "beside"
    FINGERPRINT = "fingerprint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A visible field of the page.

    Attributes:
        frame: Number of its frame.
        place: Its place among the fields of its frame.
        grid: Number of its grid in its frame, or -1.
        line: Its line in that grid, from 0, or -1.
        covered: What lies over it, or an empty text.
        blocked: Nothing can be typed into it.
        seen: What it looks like now.
    """

    frame: int
    place: int
    grid: int
    line: int
    covered: str
    blocked: bool
    seen: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a search came to.

    Attributes:
        field: The field, or None when it was not found or not surely.
        how: By what it was found.
        doubtful: The candidates that could not be told apart; empty when there was none.
        score: That of the best one, and
        margin: its distance to the next; both 0 where no fingerprint was needed.
    """

    field: Candidate | None = None
    how: How = How.LABEL
    doubtful: tuple[Candidate, ...] = ()
    score: float = 0.0
    margin: float = 0.0


def called(seen: Fingerprint) -> str:
    """Return what a person would call a field."""
    block = seen.block[0] if seen.block else ""
    names = (seen.label, seen.header, block, seen.left, seen.above, seen.placeholder, seen.title)
    return next((name for name in names if name), seen.attributes.get("name", ""))


def candidates(frames: Sequence[list[dict[str, Any]]]) -> list[Candidate]:
    """Return the fields of a page from what each of its frames told."""
    found = []
    for number, fields in enumerate(frames):
        prints = [Fingerprint.model_validate(_own(facts)) for facts in fields]
        names = [called(seen) for seen in prints]
        kinds = [kind(seen) for seen in prints]
        for place, facts in enumerate(fields):
            cell = (facts["grid"], facts["line"])
            line = [at for at, other in enumerate(fields) if cell == (other["grid"], other["line"])]
            near = line if facts["header"] else list(range(len(fields)))
            before = [names[at] for at in near if at < place and names[at]]
            after = [names[at] for at in near if at > place and names[at]]
            others = dict.fromkeys(name for name in names if name and name != names[place])
            seen = prints[place].model_copy(
                update={
                    "before": before[::-1][:NEIGHBOURS],
                    "after": after[:NEIGHBOURS],
                    "others": list(others)[:60],
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
                    seen=seen,
                )
            )
    return found


def choose(
    words: str, fields: Sequence[Candidate], recorded: Fingerprint | None, row: int | None = None
) -> Verdict:
    """Return which of *fields* is the one that *words* name.

    Args:
        words: What a person calls it.
        fields: All fields of the page.
        recorded: What it looked like when it was last found, if that is known.
        row: Its line in a grid, from 0.
    """
    if row is not None:
        fields = _in_row(fields, row)
    scores = _scores(recorded, fields) if recorded else []
    for how, says in ((How.LABEL, _label), (How.BESIDE, _beside)):
        hits = _hits(words, fields, says)
        sure = len(hits) == 1 and (not scores or max(scores) == scores[hits[0]])
        if sure and (how is How.LABEL or not recorded):
            return Verdict(field=fields[hits[0]], how=how)
        if recorded and how is How.BESIDE:
            return _best(fields, scores, beside=hits)
        if len(hits) > 1 and not recorded:
            return Verdict(doubtful=tuple(fields[at] for at in hits), how=how)
    return _best(fields, scores)


def _in_row(fields: Sequence[Candidate], row: int) -> list[Candidate]:
    """Return the fields in line *row* of each grid whose columns have headings."""
    cells = [field for field in fields if field.seen.header]
    grids = {(field.frame, field.grid) for field in cells}
    lines = {
        grid: sorted({cell.line for cell in cells if (cell.frame, cell.grid) == grid})
        for grid in grids
    }
    return [cell for cell in cells if cell.line in lines[cell.frame, cell.grid][row : row + 1]]


def _scores(recorded: Fingerprint, fields: Sequence[Candidate]) -> list[float]:
    scores = [score(recorded, field.seen) for field in fields]
    if len(fields) == len(recorded.others) + 1 > LEAST_FOR_REST:
        rest = [at for at, field in enumerate(fields) if not _is_other(recorded, field.seen)]
        if len(rest) == 1:  # every other field is still called what it was called
            scores[rest[0]] += 3.0
    return scores


def _is_other(recorded: Fingerprint, seen: Fingerprint) -> bool:
    return _most(recorded.others, [called(seen)]) >= 0.9


def _best(
    fields: Sequence[Candidate], scores: Sequence[float], beside: Sequence[int] = ()
) -> Verdict:
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    if not order or scores[order[0]] < ENOUGH:
        return Verdict()
    best = scores[order[0]]
    margin = best - scores[order[1]] if len(order) > 1 else best
    if margin < MARGIN:
        near = tuple(fields[at] for at in order if best - scores[at] < MARGIN)
        return Verdict(doubtful=near, how=How.FINGERPRINT, score=best, margin=margin)
    how = How.BESIDE if order[0] in beside else How.FINGERPRINT
    return Verdict(field=fields[order[0]], how=how, score=best, margin=margin)


def _label(seen: Fingerprint) -> list[str]:
    return [seen.label, seen.header]


def _beside(seen: Fingerprint) -> list[str]:
    own = [*seen.block, seen.row]
    if not any([*own, seen.label, seen.header]):
        own = [seen.left, seen.above] if seen.type not in TICKS else [seen.right, seen.left]
    return [*own, seen.placeholder, seen.title]


def _hits(
    words: str, fields: Sequence[Candidate], says: Callable[[Fingerprint], list[str]]
) -> list[int]:
    """Return the fields that say *words*; failing that a synonym; failing that more than them."""
    likes = [
        max((likeness(words, text) for text in says(field.seen)), default=0) for field in fields
    ]
    for least in (1.0, 0.9, 0.7):
        if hits := [at for at, like in enumerate(likes) if like >= least]:
            return hits
    return []


def kind(seen: Fingerprint) -> str:
    """Return whether a field takes text, offers choices, or is ticked."""
    for word in (seen.role, seen.type):
        if word in TICKS:
            return word
        if word in CHOICES:
            return "choice"
    return "file" if seen.type == "file" else "text"


def score(recorded: Fingerprint, seen: Fingerprint) -> float:
    """Return how much speaks for *seen* being the field that was recorded."""
    return (
        _score_words(recorded, seen)
        + _score_kind(recorded, seen)
        + _score_attributes(recorded, seen)
        + _score_place(recorded, seen)
    )


def _score_words(recorded: Fingerprint, seen: Fingerprint) -> float:
    mine = _names(recorded)
    own = [seen.label, seen.header, *seen.block]
    near = [seen.left, seen.above, seen.row, seen.placeholder, seen.title]
    if seen.type in TICKS:
        near.append(seen.right)
    strong = _most(mine, own)
    weak = _most(mine, near)
    total = max(5.0 * _lift(strong), 3.0 * _lift(weak))
    names = [text for text in own if plain(text)] or [text for text in near if plain(text)]
    if names and max(strong, weak) < 0.5:
        total -= 1.0  # it is called something else
        if _most(recorded.others, names[:1]) >= 0.9:
            total -= 4.0  # and that is what another field was called
    for name in ("placeholder", "title"):
        if getattr(recorded, name) and plain(getattr(recorded, name)) == plain(getattr(seen, name)):
            total += 0.8
    return total


def _names(recorded: Fingerprint) -> list[str]:
    names = [recorded.label, recorded.header, *recorded.block[:1]]
    if not any(names):
        names = [recorded.left, recorded.above]
    return [name for name in names if plain(name)]


def _most(mine: Sequence[str], others: Sequence[str]) -> float:
    return max((likeness(one, other) for one in mine for other in others), default=0.0)


def _lift(like: float) -> float:
    return like if like >= 0.5 else 0.0


def _score_kind(recorded: Fingerprint, seen: Fingerprint) -> float:
    was, now = kind(recorded), kind(seen)
    if was == now:
        same = recorded.type == seen.type and recorded.tag == seen.tag
        total = 1.0 if same else 0.2
        rare = recorded.type not in {"text", "", "select-one"}
        total += 1.0 if same and rare else 0.0
    elif {was, now} == {"text", "choice"}:
        total = -0.5
    else:
        total = -5.0
    if recorded.options:
        mine, others = set(map(plain, recorded.options)), set(map(plain, seen.options))
        if others:
            total += 4.0 * len(mine & others) / len(mine | others) - 1.0
    return total


def _score_attributes(recorded: Fingerprint, seen: Fingerprint) -> float:
    weights = {"id": 2.5, "name": 2.5, "autocomplete": 1.5, "class": 0.5}
    total = 0.0
    for name, value in recorded.attributes.items():
        other = seen.attributes.get(name)
        weight = weights.get(name, 1.5 if name.startswith("data-") else 0.5)
        if other == value:
            total += weight
        elif other is not None and name in {"id", "name"}:
            total -= 0.3
    return min(total, 5.0)


def _score_place(recorded: Fingerprint, seen: Fingerprint) -> float:
    total = 0.0
    for side in ("before", "after"):
        mine, others = getattr(recorded, side), getattr(seen, side)
        if mine and others:
            total += 1.3 if likeness(mine[0], others[0]) >= 0.9 else 0.0
            total += 0.4 if _most(mine, others) >= 0.9 else 0.0
        elif not mine and not others:
            total += 0.8
    total += _score_headings(recorded.headings, seen.headings)
    if recorded.form and seen.form:
        total += 0.8 if recorded.form == seen.form else 0.0
    for side in ("left", "above", "below", "right"):
        mine, other = getattr(recorded, side), getattr(seen, side)
        total += 0.4 if mine and plain(mine) == plain(other) else 0.0
    return total + (0.6 if recorded.order == seen.order else 0.0)


def _score_headings(mine: Sequence[str], others: Sequence[str]) -> float:
    if not mine:
        return -1.0 if others else 0.5
    pairs = zip(mine, others, strict=False)
    same = sum(likeness(one, other) >= 0.9 for one, other in pairs)
    return 2.0 * same / len(mine) - 0.6


def _own(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in Fingerprint.model_fields}
