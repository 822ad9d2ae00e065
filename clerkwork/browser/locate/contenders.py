"""Contenders: fields with a lower total score than the best, but a clear lead in one evidence kind.

A page may show two similar groups of fields, such as a form and a copy of an earlier record. A
field in one group can match the recorded label while its twin matches the attributes. Such a match
is ambiguous and is left to a person.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.scores import MatchScore, control_kind

WORDS_LEAD = 2.5  # minimum lead in text score for a contender
ATTRIBUTES_LEAD = 2.0  # minimum lead in attribute score
SECTION_LEAD = 1.0  # minimum lead in section score, for a field in a similar group
CLEARLY_NAMED = 2.0  # a text score from which a field contends from any section
NAMED_AS_OTHER = -2.0  # at or below this text score it is another field, and no contender
LEAST_GROUP_SIMILARITY = 0.6  # from 0 to 1, comparing the kinds of all fields of two groups
LEAST_FIELDS = 2


def find_contenders(
    best: int, fields: Sequence[Candidate], scores: Sequence[MatchScore]
) -> list[int]:
    """Return the indexes of the fields that contend with the field at index *best*."""
    return [at for at in range(len(fields)) if at != best and _contests(at, best, fields, scores)]


def _contests(
    at: int, best: int, fields: Sequence[Candidate], scores: Sequence[MatchScore]
) -> bool:
    if control_kind(fields[at].seen) != control_kind(fields[best].seen):
        return False
    mine, other = scores[best], scores[at]
    if other.words - mine.words >= WORDS_LEAD:
        return True
    if other.words <= NAMED_AS_OTHER:
        return False
    if other.attributes - mine.attributes >= ATTRIBUTES_LEAD:
        return True
    if fields[best].covered and not fields[at].covered and other.reads_as_well(mine):
        return True
    elsewhere = other.section - mine.section >= SECTION_LEAD
    named = other.words >= CLEARLY_NAMED
    return elsewhere and (named or _groups_alike(fields[best], fields[at], fields))


def _groups_alike(one: Candidate, other: Candidate, fields: Sequence[Candidate]) -> bool:
    """Return whether the groups around two fields contain similar sequences of field kinds."""
    mine, others = (
        [control_kind(field.seen) for field in side] for side in separate_groups(one, other, fields)
    )
    same = SequenceMatcher(None, mine, others, autojunk=False).ratio()
    return min(len(mine), len(others)) >= LEAST_FIELDS and same >= LEAST_GROUP_SIMILARITY


def separate_groups(
    one: Candidate, other: Candidate, fields: Sequence[Candidate]
) -> tuple[list[Candidate], list[Candidate]]:
    """Return two groups of fields: those grouped with *one*, and those grouped with *other*.

    The group of a field is the largest page element that contains it and not the other field.
    """
    depth = 0
    if one.frame == other.frame:
        pairs = zip(one.path, other.path, strict=False)
        depth = next((at for at, (a, b) in enumerate(pairs) if a != b), 0) + 1
    mine, others = (
        [
            field
            for field in fields
            if field.frame == side.frame and field.path[:depth] == side.path[:depth]
        ]
        for side in (one, other)
    )
    return mine, others
