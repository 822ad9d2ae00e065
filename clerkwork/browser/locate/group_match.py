"""Matches all fields of a form jointly, so ambiguous fields follow the group already found.

A page may show two similar groups of fields, such as a form and a copy of an earlier record, so
that one field alone matches both. When several other fields were found with certainty, and all of
them in one group, the ambiguous field is taken from that group as well. A page field that is
certainly one wanted field cannot be another one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.contenders import separate_groups
from clerkwork.browser.locate.match import ENOUGH, FoundBy, MatchResult
from clerkwork.browser.locate.scores import name_of
from clerkwork.browser.locate.text_similarity import similarity
from clerkwork.model.project.locators import Fingerprint

IDENTIFIERS = ("id", "name")
SAME_NAME = 0.5  # lower text similarity means another name
LEAST_CERTAIN = 2  # certain matches needed to decide for a group
STRONGEST_LAST = (FoundBy.FINGERPRINT, FoundBy.NEARBY, FoundBy.LABEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A field to find.

    Attributes:
        words: Its label, as a person reads it.
        recorded: Its accepted fingerprint, if there is one.
        row: Its line in a grid, from 0; None outside of a grid.
        trusted: Equal attributes raise a field's score. If False, they do not, and can only make
            the match ambiguous.
    """

    words: str
    recorded: Fingerprint | None = None
    row: int | None = None
    trusted: bool = True


def mark_trusted(wanted: Sequence[Wanted], fields: Sequence[Candidate]) -> list[Wanted]:
    """Return *wanted*, marked untrusted if the page assigns its identifiers to other fields.

    That is assumed when at least two fields have the recorded identifier of one wanted field and
    the label of another.
    """
    known = [one for one in wanted if one.recorded is not None]
    swapped = sum(_has_attributes_of_other(one, known, field) for one in known for field in fields)
    if swapped < LEAST_CERTAIN:
        return list(wanted)
    return [replace(one, trusted=False) for one in wanted]


def _has_attributes_of_other(one: Wanted, known: Sequence[Wanted], field: Candidate) -> bool:
    mine = one.recorded.attributes if one.recorded is not None else {}
    if not any(mine.get(name, "") == field.seen.attributes.get(name) for name in IDENTIFIERS):
        return False
    said = name_of(field.seen)
    return similarity(one.words, said) < SAME_NAME and any(
        similarity(other.words, said) == 1.0 for other in known
    )


def drop_shared_claims(matches: Sequence[MatchResult]) -> list[MatchResult]:
    """Return *matches*, cleared where another match has the same field on equal or better basis."""
    found = []
    for match in matches:
        claims = [
            other
            for other in matches
            if other is not match and other.field is not None and other.field is match.field
        ]
        strength = STRONGEST_LAST.index(match.found_by)
        weak = any(STRONGEST_LAST.index(other.found_by) >= strength for other in claims)
        found.append(MatchResult() if weak else match)
    return found


def decide_jointly(
    wanted: Sequence[Wanted], matches: Sequence[MatchResult], fields: Sequence[Candidate]
) -> list[MatchResult]:
    """Return *matches* after resolving ambiguous ones by the certain ones, until none changes."""
    found = list(matches)
    while True:
        certain = [match.field for match in found if match.field is not None]
        decided = [
            match
            if one.recorded is None or match.field is not None
            else _resolved(match, certain, fields)
            for one, match in zip(wanted, found, strict=True)
        ]
        decided = drop_shared_claims(decided)
        if decided == found:
            return found
        found = decided


def _resolved(
    match: MatchResult, certain: Sequence[Candidate], fields: Sequence[Candidate]
) -> MatchResult:
    left = [one for one in match.ambiguous if not any(one is other for other in certain)]
    if not left or match.score < ENOUGH:
        return match
    for one in left:
        others = [other for other in left if other is not one]
        if all(
            _is_in_certain_group(one, other, certain, fields, first=one is left[0])
            for other in others
        ):
            return MatchResult(
                field=one, score=match.score, margin=match.margin, found_by=FoundBy.FINGERPRINT
            )
    return match


def _is_in_certain_group(
    one: Candidate,
    other: Candidate,
    certain: Sequence[Candidate],
    fields: Sequence[Candidate],
    *,
    first: bool,
) -> bool:
    """Return whether enough certain fields are grouped with *one* and none with *other*."""
    mine, others = separate_groups(one, other, fields)
    counts = Counter(
        side
        for side, group in (("mine", mine), ("others", others))
        for field in certain
        if any(field is member for member in group)
    )
    alone = len(others) < LEAST_CERTAIN and not first
    return counts["mine"] >= LEAST_CERTAIN and not counts["others"] and not alone
