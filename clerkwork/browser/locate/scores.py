"""Match score of a page field against a recorded fingerprint, in four kinds of evidence.

The label, the attributes, the section and the surroundings of a field are scored separately,
because a copy of a form can match the labels while the form itself matches everything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clerkwork.browser.locate.text_similarity import normalize, similarity
from clerkwork.model.project.locators import Fingerprint

CHOICES = ("select-one", "select-multiple", "combobox", "listbox", "button")
TICK_BOXES = ("checkbox", "radio", "switch")
ATTRIBUTES_CAP = 5.0
NEW_HEADING = 3.0  # penalty for a field under a heading that was not recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchScore:
    """Evidence that a page field is the recorded one; each part is added like log odds.

    Attributes:
        words: Score of its label and other texts.
        attributes: Score of its identifiers and other HTML attributes.
        section: Score of its form and the headings above it.
        surroundings: Score of its kind, its neighbours and the texts around it.
        attributes_cap: Maximum that *attributes* adds to the total, because many attributes repeat
            one another.
    """

    words: float
    attributes: float
    section: float
    surroundings: float
    attributes_cap: float = ATTRIBUTES_CAP

    @property
    def total(self) -> float:
        """Return the sum of all four scores, with the attributes capped."""
        return (
            self.words
            + min(self.attributes, self.attributes_cap)
            + self.section
            + self.surroundings
        )

    def reads_better(self, other: "MatchScore") -> bool:
        """Return whether its text or section score is higher than that of *other*."""
        return self.words > other.words or self.section > other.section

    def reads_as_well(self, other: "MatchScore") -> bool:
        """Return whether neither its text nor its section score is lower than that of *other*."""
        return self.words >= other.words and self.section >= other.section

    def plus(self, *, surroundings: float) -> "MatchScore":
        """Return this score with *surroundings* added to the score of the same name."""
        return replace(self, surroundings=self.surroundings + surroundings)


def name_of(seen: Fingerprint) -> str:
    """Return the name that a person would give the field; empty if the page shows none."""
    block = seen.block[0] if seen.block else ""
    names = (seen.label, seen.header, block, seen.left, seen.above, seen.placeholder, seen.title)
    return next((name for name in names if name), seen.attributes.get("name", ""))


def control_kind(seen: Fingerprint) -> str:
    """Return ``text``, ``choice`` or ``file``, or the kind of tick box."""
    for word in (seen.role, seen.type):
        if word in TICK_BOXES:
            return word
        if word in CHOICES:
            return "choice"
    return "file" if seen.type == "file" else "text"


def score(recorded: Fingerprint, seen: Fingerprint) -> MatchScore:
    """Return the evidence that the page field *seen* is the *recorded* field."""
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
    line = best_similarity(mine, [seen.row])  # a row may contain other fields, too
    total = max(5.0 * _zero_if_weak(strong), 3.0 * _zero_if_weak(weak), 2.0 * _zero_if_weak(line))
    names = [text for text in own if normalize(text)] or [text for text in near if normalize(text)]
    ratio = max(strong, weak, line)
    if names and ratio < 0.5:
        total -= 1.0  # it has another name
    if names and ratio < 0.9 and best_similarity(recorded.others, names[:1]) >= 0.9:
        total = min(total, 1.0) - 4.0  # that name belongs to another recorded field
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
    """Return whether the recorded label was below the field; the text above is another's then."""
    return not recorded.above and best_similarity(mine, [recorded.below]) >= 0.9


def best_similarity(mine: Sequence[str], others: Sequence[str]) -> float:
    """Return the highest similarity of any text of *mine* to any of *others*."""
    return max((similarity(one, other) for one in mine for other in others), default=0.0)


def same_place(recorded: Fingerprint, seen: Fingerprint) -> bool:
    """Return whether an identifier is as recorded, or the headings and both neighbours are."""
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
