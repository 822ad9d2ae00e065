"""Decides which field of a page is the wanted one: with certainty or not at all, never by a guess.

Without a fingerprint, only the label is known. It has to match the label of exactly one field;
failing that, a text next to exactly one field that has no label.

With a fingerprint, every field gets a score. The best field is taken if its score is high enough,
clearly above the next one, and no contender leads in one kind of evidence. A copy of the form may
have the recorded labels while the form itself was renamed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.contenders import CLEARLY_NAMED, find_contenders
from clerkwork.browser.locate.scores import (
    TICK_BOXES,
    MatchScore,
    best_similarity,
    name_of,
    same_place,
    score,
)
from clerkwork.browser.locate.text_similarity import similarity
from clerkwork.model.project.locators import Fingerprint

ENOUGH = 3.5  # minimum total score of a match
MARGIN = 1.5  # minimum lead over the next field; with less, the match is ambiguous
BLOCKED = 2.0  # penalty for a read-only or disabled field
LEAST_FOR_LAST = 2  # minimum number of recorded fields to infer the last one by elimination


class FoundBy(StrEnum):
    """The evidence by which a field was found."""

    LABEL = "label"
    NEARBY = "nearby"
    FINGERPRINT = "fingerprint"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """The result of matching one wanted field.

    Attributes:
        field: The field, or None if there is none or the match is not certain.
        found_by: The evidence by which it was found.
        ambiguous: The candidates of an ambiguous match, best first; else empty.
        contested: The lead of the best candidate is below ``MARGIN``, or a contender has a higher
            text or section score. If False, a contender leads in attributes only.
        score: Total score of the best candidate; 0 if matched without a fingerprint.
        margin: Its lead over the next candidate; 0 if matched without a fingerprint.
    """

    field: Candidate | None = None
    found_by: FoundBy = FoundBy.LABEL
    ambiguous: tuple[Candidate, ...] = ()
    contested: bool = False
    score: float = 0.0
    margin: float = 0.0


def choose(
    words: str,
    fields: Sequence[Candidate],
    recorded: Fingerprint | None,
    row: int | None = None,
    *,
    trusted: bool = True,
) -> MatchResult:
    """Return which of *fields* is the one labelled *words*.

    Args:
        words: The label, as a person reads it.
        fields: All fields of the page.
        recorded: The accepted fingerprint, if there is one.
        row: Its line in a grid, from 0; None outside of a grid.
        trusted: Whether equal attributes raise a field's score; see ``Wanted``.
    """
    if row is not None:
        fields = _in_row(fields, row)
    if recorded is None:
        return _by_words(words, fields)
    scores = _scores(recorded, fields)
    if not trusted:
        scores = [replace(one, attributes_cap=0.0) for one in scores]
    return _by_fingerprint(words, fields, recorded, scores)


def _by_words(words: str, fields: Sequence[Candidate]) -> MatchResult:
    for found_by, says in ((FoundBy.LABEL, _label_texts), (FoundBy.NEARBY, _nearby_texts)):
        hits = _hits(words, fields, says)
        free = [at for at in hits if not fields[at].blocked]
        if len(hits) == 1 or len(free) == 1:
            return MatchResult(field=fields[(free or hits)[0]], found_by=found_by)
        if hits:
            return MatchResult(ambiguous=tuple(fields[at] for at in hits), found_by=found_by)
    return MatchResult()


def _by_fingerprint(
    words: str,
    fields: Sequence[Candidate],
    recorded: Fingerprint,
    scores: Sequence[MatchScore],
) -> MatchResult:
    kept = _without_blocked_copies(recorded, fields, scores)
    fields, scores = [fields[at] for at in kept], [scores[at] for at in kept]
    totals = [one.total for one in scores]
    order = sorted(range(len(scores)), key=lambda at: -totals[at])
    labelled, nearby = _hits(words, fields, _label_texts), _hits(words, fields, _nearby_texts)
    if not order or (totals[order[0]] < ENOUGH and labelled != order[:1]):
        return MatchResult()
    best = order[0]
    margin = totals[best] - totals[order[1]] if len(order) > 1 else totals[best]
    near = [at for at in order if totals[best] - totals[at] < MARGIN]
    if labelled == [best] and margin > 0:
        near = [best, *(at for at in near[1:] if scores[at].reads_as_well(scores[best]))]
    others = find_contenders(best, fields, scores)
    near += [at for at in others if at not in near]
    if len(near) > 1:
        return MatchResult(
            ambiguous=tuple(fields[at] for at in near),
            contested=margin < MARGIN
            or any(scores[at].reads_better(scores[best]) for at in others),
            found_by=FoundBy.FINGERPRINT,
            score=totals[best],
            margin=margin,
        )
    seen = fields[best].seen
    if seen.namesakes < recorded.namesakes and not same_place(recorded, seen):
        return MatchResult()  # the recorded field may be gone, and this one is its namesake
    found = {
        FoundBy.LABEL: labelled == [best],
        FoundBy.NEARBY: best in nearby,
        FoundBy.FINGERPRINT: True,
    }
    found_by = next(found_by for found_by, true in found.items() if true)
    return MatchResult(field=fields[best], found_by=found_by, score=totals[best], margin=margin)


def _without_blocked_copies(
    recorded: Fingerprint, fields: Sequence[Candidate], scores: Sequence[MatchScore]
) -> list[int]:
    """Return the indexes of all fields except blocked duplicates of an editable field.

    A disabled copy, or the hint element of a widget library, has the label of the editable field.
    """
    if recorded.blocked:
        return list(range(len(fields)))
    free = [
        one
        for one, field in zip(scores, fields, strict=True)
        if not field.blocked and one.words >= CLEARLY_NAMED and one.total >= ENOUGH
    ]
    return [
        at
        for at, field in enumerate(fields)
        if not (field.blocked and any(one.section >= scores[at].section for one in free))
    ]


def _in_row(fields: Sequence[Candidate], row: int) -> list[Candidate]:
    """Return the fields in line *row* of each grid whose columns have headings."""
    cells = [field for field in fields if field.seen.header]
    grids = {(field.frame, field.grid) for field in cells}
    lines = {
        grid: sorted({cell.line for cell in cells if (cell.frame, cell.grid) == grid})
        for grid in grids
    }
    return [cell for cell in cells if cell.line in lines[cell.frame, cell.grid][row : row + 1]]


def _scores(recorded: Fingerprint, fields: Sequence[Candidate]) -> list[MatchScore]:
    scores = [score(recorded, field.seen) for field in fields]
    if len(fields) == len(recorded.others) + 1 > LEAST_FOR_LAST:
        rest = [at for at, field in enumerate(fields) if not _is_other(recorded, field.seen)]
        if len(rest) == 1:  # every other field still has its name
            scores[rest[0]] = scores[rest[0]].plus(surroundings=3.0)
    if not recorded.blocked and any(not field.blocked for field in fields):
        scores = [
            one.plus(surroundings=-BLOCKED) if field.blocked else one
            for one, field in zip(scores, fields, strict=True)
        ]
    return scores


def _is_other(recorded: Fingerprint, seen: Fingerprint) -> bool:
    return best_similarity(recorded.others, [name_of(seen)]) >= 0.9


def _label_texts(seen: Fingerprint) -> list[str]:
    return [seen.label, seen.header]


def _nearby_texts(seen: Fingerprint) -> list[str]:
    own = [*seen.block, seen.row]
    if seen.type in TICK_BOXES:
        near, hints = [seen.right, seen.left], []
    else:  # text to the right is often a hint or a unit, not the name
        near, hints = [seen.left, seen.above], [seen.right]
    if not any([*(text for text in own if text not in hints), seen.label, seen.header]):
        own += near
    return [*own, seen.placeholder, seen.title]


def _hits(
    words: str, fields: Sequence[Candidate], says: Callable[[Fingerprint], list[str]]
) -> list[int]:
    """Return the indexes of fields with exactly *words*, else a synonym, else a longer label."""
    ratios = [
        max((similarity(words, text) for text in says(field.seen)), default=0) for field in fields
    ]
    for least in (1.0, 0.9, 0.7):
        if hits := [at for at, ratio in enumerate(ratios) if ratio >= least]:
            return hits
    return []
