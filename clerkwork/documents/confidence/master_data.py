"""Master data as proof: known values confirm what was read, similar ones repair or refute it.

Names are compared without blanks, punctuation and case. A value that master data spells
differently is never replaced silently: the field is marked as repaired, keeps the text read as raw
text and as a candidate, and passes only as often as such repairs were right when measured.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

from clerkwork.documents.confidence.rule_input import RuleInput
from clerkwork.documents.proofs import (
    AGREED,
    HALF,
    PROVEN,
    Confirmation,
    FieldProof,
    Refutation,
    Repair,
)
from clerkwork.model.documents.decision import name_of
from clerkwork.model.documents.extraction import FieldEvidence, Proof
from clerkwork.model.numbers import equal_numbers

LIKE, SURE, APART = 82.0, 95.0, 3.0
LIKE_ADDRESS = 85.0


def plain(text: str) -> str:
    """Return *text* as names are compared: letters and digits only, in capitals."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).upper()


def supplier_proofs(given: RuleInput) -> list[FieldProof]:
    """Return what the known suppliers say about the supplier."""
    field = given.fields.get("supplier")
    if field is None or not given.master.suppliers:
        return []
    names = {plain(each.name): each.name for each in reversed(given.master.suppliers)}
    hits = [hit for text in _texts(field, given.supplier_rows) for hit in _like(text, names)]
    ranked = sorted(hits, key=lambda hit: -hit[1])
    if not ranked:
        return []
    best, score = ranked[0]
    others = [other for name, other in ranked if name != best]
    if plain(field.value) == plain(best):
        return [_known(field, best)]
    if others and score - others[0] < APART:
        return [_ambiguous(field, [name for name, _ in ranked])]
    if score >= SURE:
        reason = "Replaced by a known supplier with almost the same name; read as {read}."
        return [Repair(path=field.path, value=best, confidence=AGREED, reason=reason)]
    reason = "Replaced by a known supplier with a similar name; read as {read}."
    return [Repair(path=field.path, value=best, confidence=HALF, reason=reason)]


def _texts(field: FieldEvidence, rows: Sequence[str]) -> Iterable[str]:
    """Yield the texts that may be the name: what was found, each row, and two rows together."""
    yield from [field.value, *field.candidates, *rows]
    for first, second in itertools.pairwise(rows):
        yield f"{first} {second}"


def _like(text: str, names: dict[str, str]) -> list[tuple[str, float]]:
    """Return the two known names most similar to *text*, with their similarity from 0 to 100."""
    wanted = plain(text)
    if not wanted:
        return []
    hits = process.extract(wanted, names.keys(), scorer=fuzz.ratio, score_cutoff=LIKE, limit=2)
    return [(names[key], score) for key, score, _ in hits]


def _known(field: FieldEvidence, value: str) -> Confirmation:
    return _confirmed(field, "The master data has exactly this value.", value)


def _confirmed(field: FieldEvidence, reason: str, value: str | None = None) -> Confirmation:
    return Confirmation(
        path=field.path,
        value=field.value if value is None else value,
        confidence=PROVEN,
        reason=reason,
        proof=Proof.MASTER_DATA,
    )


def _ambiguous(field: FieldEvidence, known: Iterable[str]) -> Refutation:
    """Return a refutation that lets a person choose among known values."""
    options = tuple(text for text in dict.fromkeys(known) if text != field.value)
    return Refutation(
        path=field.path,
        reason="Several known values are similar: {options}.",
        facts={"options": "; ".join(options)},
        options=options,
    )


def address_proofs(given: RuleInput) -> list[FieldProof]:
    """Return what the addresses of a known supplier say about the address."""
    supplier, field = given.fields.get("supplier"), given.fields.get("address")
    if supplier is None or field is None or Proof.MASTER_DATA not in supplier.evidence:
        return []
    name = plain(supplier.value)
    known = [each.address for each in given.master.suppliers if plain(each.name) == name]
    whole = plain(" ".join([*given.supplier_rows, field.value]))
    scored = sorted(
        (
            (fuzz.partial_ratio(letters, whole), each)
            for letters, each in _spelled(known, field.value).items()
        ),
        reverse=True,
    )
    if not scored or scored[0][0] < LIKE_ADDRESS:
        return []
    score, best = scored[0]
    if plain(field.value) == plain(best):
        return [_known(field, best)]
    if len(scored) > 1 and score - scored[1][0] < APART:
        return [_ambiguous(field, [each for _, each in scored])]
    reason = "Replaced by a similar known address of the supplier; read as {read}."
    # Half trusted: the address of another branch may differ only in a number.
    return [Repair(path=field.path, value=best, confidence=HALF, reason=reason)]


def _spelled(known: Iterable[str], read: str) -> dict[str, str]:
    """Return known texts by their letters, each in the spelling most similar to what was read."""
    alike = sorted(set(known), key=lambda each: (fuzz.ratio(each.upper(), read.upper()), each))
    return {plain(each): each for each in alike if plain(each)}


def order_proofs(given: RuleInput) -> list[FieldProof]:
    """Return what the open order of the document's number says about number and total."""
    number, total = given.fields.get("number"), given.fields.get("total")
    if number is None:
        return []
    open_orders = [each for each in given.master.orders if each.number == number.value]
    if not open_orders:
        return []
    proofs: list[FieldProof] = [_confirmed(number, "An open order has this number.")]
    if total is not None and any(_equal(each.total, total.value) for each in open_orders):
        proofs.append(_confirmed(total, "The open order of this number has this total."))
    return proofs


def product_proofs(given: RuleInput) -> list[FieldProof]:
    """Return proofs of known product codes, and of the descriptions that match them."""
    known = {each.code: plain(each.description) for each in given.master.products}
    proofs: list[FieldProof] = []
    for path, code in given.fields.items():
        if name_of(path) != "lines.code" or code.value not in known:
            continue
        proofs.append(_confirmed(code, "A known product has this code."))
        words = given.fields.get(path.replace(".code", ".description"))
        if words is not None and words.value and plain(words.value) == known[code.value]:
            proofs.append(_confirmed(words, "The product with this code has this description."))
    return proofs


def _equal(known: str, read: str) -> bool:
    return equal_numbers(known.strip().replace(",", ""), read)
