"""What the business knows already as evidence for what was read.

Names are compared without blanks, signs and case. A value that is written otherwise than it is
known is never replaced in silence: it is marked as repaired, keeps what was read as its raw text
and as a candidate, and passes only as often as such repairs were right when that was measured.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

from clerkwork.documents.confidence.evidence_writer import AGREED, HALF, PROVEN, Scribe
from clerkwork.model.documents.decision import name_of
from clerkwork.model.documents.extraction import FieldEvidence, Proof
from clerkwork.model.documents.master_data import Master
from clerkwork.model.numbers import equal_numbers

LIKE, SURE, APART = 82.0, 95.0, 3.0
LIKE_ADDRESS = 85.0


def plain(text: str) -> str:
    """Return *text* as names are compared: letters and digits only, in capitals."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).upper()


def confirmed(
    fields: Sequence[FieldEvidence], rows: Sequence[str], master: Master, scribe: Scribe
) -> list[FieldEvidence]:
    """Return the fields with what master data says about them.

    Args:
        fields: As they were read.
        rows: The text at the head of a document whose supplier no label names, else empty.
        master: What is known.
        scribe: Writes the evidence.
    """
    by_path = {field.path: field for field in fields}
    if master.suppliers and "supplier" in by_path:
        by_path["supplier"] = _supplier(by_path["supplier"], rows, master, scribe)
        if "address" in by_path and Proof.MASTER_DATA in by_path["supplier"].evidence:
            name = plain(by_path["supplier"].value)
            known = [each.address for each in master.suppliers if plain(each.name) == name]
            by_path["address"] = _address(by_path["address"], rows, known, scribe)
    if master.orders and "number" in by_path:
        by_path |= _order(by_path, master, scribe)
    if master.products:
        by_path |= _products(by_path, master, scribe)
    return list(by_path.values())


def _supplier(
    field: FieldEvidence, rows: Sequence[str], master: Master, scribe: Scribe
) -> FieldEvidence:
    names = {plain(each.name): each.name for each in reversed(master.suppliers)}
    hits = [hit for text in _texts(field, rows) for hit in _like(text, names)]
    ranked = sorted(hits, key=lambda hit: -hit[1])
    if not ranked:
        return field
    best, score = ranked[0]
    rivals = [other for name, other in ranked if name != best]
    if plain(field.value) == plain(best):
        return _known(field, best, scribe)
    if rivals and score - rivals[0] < APART:
        return scribe.doubted(field, [name for name, _ in ranked])
    sure = score >= SURE
    reason = "A known supplier is written almost so; read: {read}." if sure else _FAINT
    return scribe.repaired(field, best, AGREED if sure else HALF, reason)


_FAINT = "A known supplier is written somewhat like it; read: {read}."


def _texts(field: FieldEvidence, rows: Sequence[str]) -> Iterable[str]:
    """Yield the texts that may be the name: what was found, each row, and two rows together."""
    yield from [field.value, *field.candidates, *rows]
    for first, second in itertools.pairwise(rows):
        yield f"{first} {second}"


def _like(text: str, names: dict[str, str]) -> list[tuple[str, float]]:
    """Return the two known names most like *text* with their likeness from 0 to 100."""
    wanted = plain(text)
    if not wanted:
        return []
    hits = process.extract(wanted, names.keys(), scorer=fuzz.ratio, score_cutoff=LIKE, limit=2)
    return [(names[key], score) for key, score, _ in hits]


def _known(field: FieldEvidence, value: str, scribe: Scribe) -> FieldEvidence:
    reason = "It is known, and written just so."
    return scribe.confirmed(field, value, PROVEN, reason, Proof.MASTER_DATA)


def _address(
    field: FieldEvidence, rows: Sequence[str], known: Sequence[str], scribe: Scribe
) -> FieldEvidence:
    whole = plain(" ".join([*rows, field.value]))
    spelled = _spelled(known, field.value)
    scored = sorted(
        ((fuzz.partial_ratio(letters, whole), each) for letters, each in spelled.items()),
        reverse=True,
    )
    if not scored or scored[0][0] < LIKE_ADDRESS:
        return field
    score, best = scored[0]
    if plain(field.value) == plain(best):
        return _known(field, best, scribe)
    if len(scored) > 1 and score - scored[1][0] < APART:
        return scribe.doubted(field, [each for _, each in scored])
    reason = "A known address of the supplier is written almost so; read: {read}."
    return scribe.repaired(field, best, HALF, reason)  # another branch may differ in a number


def _spelled(known: Iterable[str], read: str) -> dict[str, str]:
    """Return known texts by their letters, each as it is spelled most like what was read."""
    alike = sorted(set(known), key=lambda each: (fuzz.ratio(each.upper(), read.upper()), each))
    return {plain(each): each for each in alike if plain(each)}


def _order(
    by_path: dict[str, FieldEvidence], master: Master, scribe: Scribe
) -> dict[str, FieldEvidence]:
    number, total = by_path["number"], by_path.get("total")
    open_orders = [each for each in master.orders if each.number == number.value]
    if not open_orders:
        return {}
    reason = "An open order has this number."
    found = {"number": scribe.confirmed(number, number.value, PROVEN, reason, Proof.MASTER_DATA)}
    if total is not None and any(_equal(each.total, total.value) for each in open_orders):
        reason = "The open order of this number has this total."
        found["total"] = scribe.confirmed(total, total.value, PROVEN, reason, Proof.MASTER_DATA)
    return found


def _products(
    by_path: dict[str, FieldEvidence], master: Master, scribe: Scribe
) -> dict[str, FieldEvidence]:
    """Return the codes that are known, and the descriptions that belong to them."""
    known = {each.code: plain(each.description) for each in master.products}
    found: dict[str, FieldEvidence] = {}
    for path, code in by_path.items():
        if name_of(path) != "lines.code" or code.value not in known:
            continue
        reason = "A known product has this code."
        found[path] = scribe.confirmed(code, code.value, PROVEN, reason, Proof.MASTER_DATA)
        beside = path.replace(".code", ".description")
        words = by_path.get(beside)
        if words is not None and words.value and plain(words.value) == known[code.value]:
            reason = "The product of this code is called so."
            found[beside] = scribe.confirmed(words, words.value, PROVEN, reason, Proof.MASTER_DATA)
    return found


def _equal(known: str, read: str) -> bool:
    return equal_numbers(known.strip().replace(",", ""), read)
