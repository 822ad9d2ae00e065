"""How well independent readings of a place support the value read there."""

from collections.abc import Callable

from clerkwork.documents.draft import FoundValue
from clerkwork.documents.ocr.second_opinion import Heard, Witness, folded, weakest
from clerkwork.documents.proofs import AGREED, EXACT, GUESS, HALF, Assessment, assessed
from clerkwork.model.documents.extraction import Proof

WEAK_CHINESE = 0.75


def place(item: FoundValue) -> Assessment:
    """Return the assessment of an exact value from its place on the page."""
    if item.label:
        return assessed(EXACT, "Next to the label “{label}”.", Proof.TEXT_LAYER, label=item.label)
    return assessed(EXACT, "In its column of the table.", Proof.TEXT_LAYER)


def agreement(
    item: FoundValue, witness: Witness, *, alike: Callable[[str], str] = folded
) -> Assessment:
    """Return the assessment of a value: how many independent readings agree with the first.

    Two readings agree when *alike* makes the same of them.
    """
    if witness.exact(item.tokens):
        return place(item)
    mine = alike(item.raw)

    def heard_same(heard: Heard) -> bool:
        return alike(heard.text) == mine and not (alike is folded and _parted(item, heard))

    alone = witness.again(item.tokens)
    if alone.foreign and heard_same(alone):  # settled without a reading of the page
        return _of_one_voice(item, witness, [alone], plain=alike is folded)
    others = [*witness.others(item.tokens), alone]
    agree = [heard for heard in others if heard_same(heard)]
    texts = dict.fromkeys(heard.text for heard in others if heard.text and heard not in agree)
    shown = "; ".join(texts)[:120] or "-"
    if not agree:
        return assessed(GUESS, "The readings differ: {others}.", others=shown)
    if len(agree) == 1 and not agree[0].foreign:
        return assessed(HALF, "Only one other reading agrees; others: {others}.", others=shown)
    return _of_one_voice(item, witness, agree, plain=alike is folded)


def _parted(item: FoundValue, heard: Heard) -> bool:
    """Return whether another engine saw a blank inside what the first took for one word.

    Letters and digits of two columns that stand close are joined that way, so the words of one
    are no witness for the other.
    """
    joined = {token.text for token in item.tokens if any(map(str.isdigit, token.text))}
    return heard.foreign and any(
        len(word) < len(whole) and whole.startswith(word) and rest
        for whole in joined
        for word, _, rest in [heard.text.partition(" ")]
    )


def _of_one_voice(
    item: FoundValue, witness: Witness, agree: list[Heard], *, plain: bool
) -> Assessment:
    """Return the assessment when the readings agree; *plain* is text compared as a whole."""
    foreign = any(heard.foreign for heard in agree)
    doubts = [] if foreign else [heard.weakest for heard in agree]
    unclear = min([weakest(item.tokens), *doubts]) < WEAK_CHINESE
    if plain and unclear:
        return assessed(HALF, "The readings agree, but one of the characters is unclear.")
    if plain and not witness.fits(item.tokens):
        return assessed(HALF, "The readings agree, but the width of the text does not match.")
    if foreign:
        return assessed(AGREED, "Two different engines read the same.", Proof.SECOND_ENGINE)
    reason = "{count} independent readings agree."
    return assessed(AGREED, reason, Proof.READINGS, count=str(len(agree) + 1))
