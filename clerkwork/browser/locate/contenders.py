"""Fields that have better evidence of one kind than the one that has the most of all kinds.

Two groups of fields that are alike, such as a form and the copy of an earlier one, can explain the
record each in its own way. Which of them is meant is then for a person to say.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.scores import MatchScore, control_kind

WORDS_LEAD = 2.5  # by so much the words must speak for another field
ATTRIBUTES_LEAD = 2.0  # the same, for attributes
SECTION_LEAD = 1.0  # the same, for the form and the headings of a group that is alike
CLEARLY_NAMED = 2.0  # by so much the words of one say that it is meant, wherever it is set
NAMED_AS_OTHER = -2.0  # what bears the name of another field of the record contests nothing
LEAST_GROUP_SIMILARITY = 0.6  # of all fields of two groups
LEAST_FIELDS = 2


def find_contenders(
    best: int, fields: Sequence[Candidate], scores: Sequence[MatchScore]
) -> list[int]:
    """Return the places of the fields that contest the one at *best*."""
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
    """Return whether the largest boxes that hold one of two fields each have the same fields."""
    mine, others = (
        [control_kind(field.seen) for field in side] for side in separate_groups(one, other, fields)
    )
    same = SequenceMatcher(None, mine, others, autojunk=False).ratio()
    return min(len(mine), len(others)) >= LEAST_FIELDS and same >= LEAST_GROUP_SIMILARITY


def separate_groups(
    one: Candidate, other: Candidate, fields: Sequence[Candidate]
) -> tuple[list[Candidate], list[Candidate]]:
    """Return the fields in the largest box with *one* and without *other*, then vice versa."""
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
