"""How much speaks for a field of the page being the one that was recorded, by kinds of evidence.

What a field is called, what its attributes say, where it is set and what stands around it are
counted apart, because a copy of a form can have the words while the form itself has the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clerkwork.browser.locate.text_similarity import normalize, similarity
from clerkwork.model.project.locators import Fingerprint

CHOICES = ("select-one", "select-multiple", "combobox", "listbox", "button")
TICK_BOXES = ("checkbox", "radio", "switch")
ATTRIBUTES_CAP = 5.0
NEW_HEADING = 3.0  # what speaks against a field under a heading that was not there


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchScore:
    """What speaks for a field, in the manner of log odds.

    Attributes:
        words: By what it is called.
        marks: By its identifiers and other attributes.
        setting: By the form and the headings it stands under.
        place: By its kind, and by what stands around it.
        most_marks: How much of the attributes counts at most, as many say the same.
    """

    words: float
    attributes: float
    section: float
    surroundings: float
    attributes_cap: float = ATTRIBUTES_CAP

    @property
    def total(self) -> float:
        """Return all of it that counts."""
        return (
            self.words
            + min(self.attributes, self.attributes_cap)
            + self.section
            + self.surroundings
        )

    def reads_better(self, other: "MatchScore") -> bool:
        """Return whether more is in its words, or in its headings, than in those of *other*."""
        return self.words > other.words or self.section > other.section

    def reads_as_well(self, other: "MatchScore") -> bool:
        """Return whether no less is in its words, and in its headings, than in those of *other*."""
        return self.words >= other.words and self.section >= other.section

    def plus(self, *, surroundings: float) -> "MatchScore":
        """Return this score with *place* more for what stands around the field."""
        return replace(self, surroundings=self.surroundings + surroundings)


def name_of(seen: Fingerprint) -> str:
    """Return what a person would call a field."""
    block = seen.block[0] if seen.block else ""
    names = (seen.label, seen.header, block, seen.left, seen.above, seen.placeholder, seen.title)
    return next((name for name in names if name), seen.attributes.get("name", ""))


def control_kind(seen: Fingerprint) -> str:
    """Return whether a field takes text, offers choices, or is ticked."""
    for word in (seen.role, seen.type):
        if word in TICK_BOXES:
            return word
        if word in CHOICES:
            return "choice"
    return "file" if seen.type == "file" else "text"


def score(recorded: Fingerprint, seen: Fingerprint) -> MatchScore:
    """Return how much speaks for *seen* being the field that was recorded."""
    return MatchScore(
        words=_score_words(recorded, seen),
        attributes=_score_attributes(recorded, seen),
        section=_score_section(recorded, seen),
        surroundings=_score_kind(recorded, seen) + _score_surroundings(recorded, seen),
    )


def _score_words(recorded: Fingerprint, seen: Fingerprint) -> float:
    mine = _names(recorded)
    own = [seen.label, seen.header, *seen.block]
    above = "" if _named_below(recorded, mine) else seen.above
    near = [seen.left, above, seen.placeholder, seen.title]
    if seen.type in TICK_BOXES:
        near.append(seen.right)
    strong = best_similarity(mine, own)
    weak = best_similarity(mine, near)
    line = best_similarity(mine, [seen.row])  # which may hold other fields as well
    total = max(5.0 * _zero_if_weak(strong), 3.0 * _zero_if_weak(weak), 2.0 * _zero_if_weak(line))
    names = [text for text in own if normalize(text)] or [text for text in near if normalize(text)]
    ratio = max(strong, weak, line)
    if names and ratio < 0.5:
        total -= 1.0  # it is called something else
    if names and ratio < 0.9 and best_similarity(recorded.others, names[:1]) >= 0.9:
        total = min(total, 1.0) - 4.0  # and that is what another field was called
    for name in ("placeholder", "title"):
        if getattr(recorded, name) and normalize(getattr(recorded, name)) == normalize(
            getattr(seen, name)
        ):
            total += 0.8
    return total


def _names(recorded: Fingerprint) -> list[str]:
    names = [recorded.label, recorded.header]
    name = " ".join(names).strip()
    names += [text for text in recorded.block[:1] if not name or similarity(name, text) >= 0.5]
    if not any(names):
        names = [recorded.left, recorded.above]
    if not any(names):
        names = [recorded.placeholder, recorded.title]
    return [name for name in names if normalize(name)]


def _named_below(recorded: Fingerprint, mine: Sequence[str]) -> bool:
    """Return whether its name stood under it, so that what stands over one now names another."""
    return not recorded.above and best_similarity(mine, [recorded.below]) >= 0.9


def best_similarity(mine: Sequence[str], others: Sequence[str]) -> float:
    """Return how alike the most alike of *mine* and *others* are."""
    return max((similarity(one, other) for one in mine for other in others), default=0.0)


def same_place(recorded: Fingerprint, seen: Fingerprint) -> bool:
    """Return whether an identifier, or both neighbours and the headings, are as recorded."""
    mine, others = recorded.attributes, seen.attributes
    marked = any(mine.get(name) and mine[name] == others.get(name) for name in ("id", "name"))
    around = all(
        getattr(recorded, side)[:1] == getattr(seen, side)[:1] for side in ("before", "after")
    )
    return marked or (around and recorded.headings == seen.headings)


def _zero_if_weak(ratio: float) -> float:
    return ratio if ratio >= 0.5 else 0.0


def _score_kind(recorded: Fingerprint, seen: Fingerprint) -> float:
    was, now = control_kind(recorded), control_kind(seen)
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
        mine, others = set(map(normalize, recorded.options)), set(map(normalize, seen.options))
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
    return total


def _score_surroundings(recorded: Fingerprint, seen: Fingerprint) -> float:
    total = 0.0
    for side in ("before", "after"):
        mine, others = getattr(recorded, side), getattr(seen, side)
        if mine and others:
            total += 1.3 if similarity(mine[0], others[0]) >= 0.9 else 0.0
            total += 0.4 if best_similarity(mine, others) >= 0.9 else 0.0
        elif not mine and not others:
            total += 0.8
    for side in ("left", "above", "below", "right"):
        mine, other = getattr(recorded, side), getattr(seen, side)
        total += 0.4 if mine and normalize(mine) == normalize(other) else 0.0
    if normalize(recorded.group) and similarity(recorded.group, seen.group) >= 0.9:
        total += 1.5
    return total + (0.6 if recorded.order == seen.order else 0.0)


def _score_section(recorded: Fingerprint, seen: Fingerprint) -> float:
    same_form = recorded.form != "" and recorded.form == seen.form
    return _score_headings(recorded.headings, seen.headings) + (1.5 if same_form else 0.0)


def _score_headings(mine: Sequence[str], others: Sequence[str]) -> float:
    if not mine:
        return -NEW_HEADING if others else 0.5
    pairs = zip(mine, others, strict=False)
    same = sum(similarity(one, other) >= 0.9 for one, other in pairs)
    return 3.0 * same / len(mine) - 0.6 - NEW_HEADING * (len(others) > len(mine))
