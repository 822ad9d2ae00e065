"""Deciding about several fields of one form together: they stand in company.

Two groups of fields may explain what was recorded each in its own way, so that one field alone
cannot tell them apart. Where most of the others were found surely, and all in one of the groups,
that one is meant; and what was surely found as one field is not another one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.contenders import sides
from clerkwork.browser.locate.match import ENOUGH, How, MatchResult
from clerkwork.browser.locate.scores import called
from clerkwork.browser.locate.text_similarity import likeness
from clerkwork.model.project.locators import Fingerprint

IDENTIFIERS = ("id", "name")
LIKE = 0.5  # less is another name
COMPANIONS = 2  # fields found surely that tell which group is meant
STRENGTH = (How.FINGERPRINT, How.BESIDE, How.LABEL)


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


def trusted(wanted: Sequence[Wanted], fields: Sequence[Candidate]) -> list[Wanted]:
    """Return *wanted*, its attributes not to be trusted where these were dealt out anew.

    That is so where several fields bear the identifier of one and the words of another.
    """
    known = [one for one in wanted if one.recorded is not None]
    dealt = sum(_dealt(one, known, field) for one in known for field in fields)
    if dealt < COMPANIONS:
        return list(wanted)
    return [replace(one, trusted=False) for one in wanted]


def _dealt(one: Wanted, known: Sequence[Wanted], field: Candidate) -> bool:
    mine = one.recorded.attributes if one.recorded is not None else {}
    if not any(mine.get(name, "") == field.seen.attributes.get(name) for name in IDENTIFIERS):
        return False
    said = called(field.seen)
    return likeness(one.words, said) < LIKE and any(
        likeness(other.words, said) == 1.0 for other in known
    )


def apart(verdicts: Sequence[MatchResult]) -> list[MatchResult]:
    """Return *verdicts* without any field that two of them claim on equally good grounds."""
    found = []
    for verdict in verdicts:
        rivals = [
            other
            for other in verdicts
            if other is not verdict and other.field is not None and other.field is verdict.field
        ]
        strength = STRENGTH.index(verdict.how)
        weak = any(STRENGTH.index(other.how) >= strength for other in rivals)
        found.append(MatchResult() if weak else verdict)
    return found


def together(
    wanted: Sequence[Wanted], verdicts: Sequence[MatchResult], fields: Sequence[Candidate]
) -> list[MatchResult]:
    """Return *verdicts* with those decided that the sure ones decide, one after another."""
    found = list(verdicts)
    while True:
        sure = [verdict.field for verdict in found if verdict.field is not None]
        decided = [
            verdict
            if one.recorded is None or verdict.field is not None
            else _decided(verdict, sure, fields)
            for one, verdict in zip(wanted, found, strict=True)
        ]
        decided = apart(decided)
        if decided == found:
            return found
        found = decided


def _decided(
    verdict: MatchResult, sure: Sequence[Candidate], fields: Sequence[Candidate]
) -> MatchResult:
    left = [one for one in verdict.doubtful if not any(one is other for other in sure)]
    if not left or verdict.score < ENOUGH:
        return verdict
    for one in left:
        others = [other for other in left if other is not one]
        if all(_in_company(one, other, sure, fields, first=one is left[0]) for other in others):
            return MatchResult(
                field=one, score=verdict.score, margin=verdict.margin, how=How.FINGERPRINT
            )
    return verdict


def _in_company(
    one: Candidate,
    other: Candidate,
    sure: Sequence[Candidate],
    fields: Sequence[Candidate],
    *,
    first: bool,
) -> bool:
    """Return whether the sure fields stand with *one* and not with *other*."""
    mine, others = sides(one, other, fields)
    counts = Counter(
        side
        for side, group in (("mine", mine), ("others", others))
        for field in sure
        if any(field is member for member in group)
    )
    alone = len(others) < COMPANIONS and not first
    return counts["mine"] >= COMPANIONS and not counts["others"] and not alone
