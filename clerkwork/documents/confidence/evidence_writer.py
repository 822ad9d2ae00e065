"""How far a found value is believed, and the sentence that says why.

No value is believed because an engine is sure of it. Amounts are believed when the sums hold;
words from a text layer when a label or a column names them; words of a scan when independent
readings agree. Everything else is doubtful, and a person looks at it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from clerkwork.documents.confidence.calibration import Calibration, shipped
from clerkwork.documents.draft import FoundValue
from clerkwork.documents.ocr.second_opinion import Heard, Witness, folded, weakest
from clerkwork.documents.tokens import boxes_of
from clerkwork.model.documents.decision import decided
from clerkwork.model.documents.extraction import FieldEvidence, Proof

PROVEN = 0.99
EXACT = 0.97
AGREED = 0.93
LIKELY = 0.88
HALF = 0.7
GUESS = 0.4
ALONE = 0.5
WEAK_CHINESE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """Why a value is believed or not.

    Attributes:
        confidence: From 0.0 to 1.0.
        reason: A sentence with ``{name}`` for facts.
        facts: The values named in *reason*.
        refuted: Whether a check failed, which makes the field doubtful at any confidence.
        evidence: What speaks for the value.
        repaired: Whether the value is not what was read first.
    """

    confidence: float
    reason: str
    facts: dict[str, str]
    refuted: bool = False
    evidence: tuple[Proof, ...] = ()
    repaired: bool = False


def verdict(
    confidence: float,
    reason: str,
    *proofs: Proof,
    refuted: bool = False,
    repaired: bool = False,
    **facts: str,
) -> Confidence:
    """Return a verdict with what speaks for the value, and its facts as keywords."""
    return Confidence(
        confidence=confidence,
        reason=reason,
        facts=facts,
        refuted=refuted,
        evidence=proofs,
        repaired=repaired,
    )


class Scribe:
    """Writes the evidence of fields, with the ratios of the pages and the least probability."""

    def __init__(self, ratios: Sequence[float], least: float) -> None:
        self._ratios = ratios
        self._least = least

    def write(
        self, path: str, item: FoundValue | None, judged: Confidence, candidates: Iterable[str] = ()
    ) -> FieldEvidence:
        """Return the evidence of one field."""
        value = item.value if item else ""
        tokens = item.tokens if item else ()
        others = [other for other in dict.fromkeys(candidates) if other and other != value]
        sure = _calibration().probability(path, judged.reason, judged.confidence)
        written = FieldEvidence(
            path=path,
            value=value,
            raw=item.raw if item else "",
            confidence=round(judged.confidence, 3),
            boxes=boxes_of(tokens, self._ratios),
            reason=judged.reason,
            facts=judged.facts,
            evidence=list(judged.evidence),
            refuted=judged.refuted,
            repaired=judged.repaired,
            candidates=others[:5],
            probability=round(sure if value else 0.0, 4),
        )
        return decided(written, self._least)

    def confirmed(
        self, field: FieldEvidence, value: str, confidence: float, reason: str, proof: Proof
    ) -> FieldEvidence:
        """Return *field* with one more proof; *value* may write the same otherwise.

        A field that a check refuted stays refuted, and one that passes already keeps its reason.
        """
        changes: dict[str, object] = {"value": value, "evidence": [*field.evidence, proof]}
        if field.doubtful and not field.refuted:
            chance = _calibration().probability(field.path, reason, confidence)
            changes |= {"reason": reason, "facts": {}, "confidence": confidence}
            changes |= {"probability": round(chance, 4)}
        return decided(field.model_copy(update=changes), self._least)

    def repaired(
        self, field: FieldEvidence, value: str, confidence: float, reason: str
    ) -> FieldEvidence:
        """Return *field* with a value of the master data in place of the one that was read."""
        chance = _calibration().probability(field.path, reason, confidence)
        others = [field.value, *(text for text in field.candidates if text != value)]
        changes = {
            "value": value,
            "raw": field.raw or field.value,
            "repaired": True,
            "evidence": [Proof.MASTER_DATA],
            "reason": reason,
            "facts": {"read": field.value or "-"},
            "confidence": confidence,
            "probability": round(chance, 4),
            "candidates": [text for text in others if text][:5],
        }
        return decided(field.model_copy(update=changes), self._least)

    def refuted(self, field: FieldEvidence, reason: str, **facts: str) -> FieldEvidence:
        """Return *field* with a check that failed."""
        changes = {"reason": reason, "facts": facts, "refuted": True}
        return decided(field.model_copy(update=changes), self._least)

    def asked(self, field: FieldEvidence, least: float) -> FieldEvidence:
        """Return *field* with the probability that its template asks for at least."""
        return decided(field.model_copy(update={"least": least}), self._least)

    def doubted(self, field: FieldEvidence, known: Iterable[str]) -> FieldEvidence:
        """Return *field* for a person to choose among values that are known."""
        reason = "Several known values are written almost so: {options}."
        options = [text for text in dict.fromkeys(known) if text != field.value]
        changes = {
            "reason": reason,
            "facts": {"options": "; ".join(options)},
            "refuted": True,
            "candidates": [*options, *field.candidates][:5],
        }
        return decided(field.model_copy(update=changes), self._least)


@cache
def _calibration() -> Calibration:
    return shipped()


def missing() -> Confidence:
    """Return the verdict on a field that was not found."""
    return verdict(0.0, "Not found in the document.")


def place(item: FoundValue) -> Confidence:
    """Return the verdict on an exact value from where it stands."""
    if item.label:
        return verdict(
            EXACT, "Stands with the label “{label}”.", Proof.TEXT_LAYER, label=item.label
        )
    return verdict(EXACT, "Stands in its column of the table.", Proof.TEXT_LAYER)


def agreement(
    item: FoundValue, witness: Witness, *, alike: Callable[[str], str] = folded
) -> Confidence:
    """Return the verdict on a value by how many independent readings agree with the first.

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
        return verdict(GUESS, "The readings differ: {others}.", others=shown)
    if len(agree) == 1 and not agree[0].foreign:
        return verdict(HALF, "Only one other reading agrees; others: {others}.", others=shown)
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
) -> Confidence:
    """Return the verdict when the readings agree; *plain* is text that no digits tell apart."""
    foreign = any(heard.foreign for heard in agree)
    doubts = [] if foreign else [heard.weakest for heard in agree]
    unclear = min([weakest(item.tokens), *doubts]) < WEAK_CHINESE
    if plain and unclear:
        return verdict(HALF, "The readings agree, but one of the characters is unclear.")
    if plain and not witness.fits(item.tokens):
        return verdict(HALF, "The readings agree, but the text is wider or tighter than that.")
    if foreign:
        return verdict(AGREED, "Two different engines read the same.", Proof.SECOND_ENGINE)
    reason = "{count} independent readings agree."
    return verdict(AGREED, reason, Proof.READINGS, count=str(len(agree) + 1))
