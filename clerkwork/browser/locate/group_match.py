"""Deciding about several fields of one form together: they stand in company.

Two groups of fields may explain what was recorded each in its own way, so that one field alone
cannot tell them apart. Where most of the others were found surely, and all in one of the groups,
that one is meant; and what was surely found as one field is not another one.
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
SAME_NAME = 0.5  # less is another name
LEAST_CERTAIN = 2  # fields found surely that tell which group is meant
STRONGEST_LAST = (FoundBy.FINGERPRINT, FoundBy.NEARBY, FoundBy.LABEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A field that is looked for.

    Attributes:
        words: What a person calls it.
        recorded: What it looked like when it was last found, if that is known.
        row: Its line in a grid, from 0.
        trusted: Its attributes speak for a field; else they only cast doubt on another.
    """

    words: str
    recorded: Fingerprint | None = None
    row: int | None = None
    trusted: bool = True


def mark_trusted(wanted: Sequence[Wanted], fields: Sequence[Candidate]) -> list[Wanted]:
    """Return *wanted*, its attributes not to be trusted where these were dealt out anew.

    That is so where several fields bear the identifier of one and the words of another.
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
    """Return *verdicts* without any field that two of them claim on equally good grounds."""
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
    """Return *verdicts* with those decided that the sure ones decide, one after another."""
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
    """Return whether the sure fields stand with *one* and not with *other*."""
    mine, others = separate_groups(one, other, fields)
    counts = Counter(
        side
        for side, group in (("mine", mine), ("others", others))
        for field in certain
        if any(field is member for member in group)
    )
    alone = len(others) < LEAST_CERTAIN and not first
    return counts["mine"] >= LEAST_CERTAIN and not counts["others"] and not alone
