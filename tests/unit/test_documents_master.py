"""Master data as evidence: what is known confirms, and what is almost known is marked."""

import pytest

from clerkwork.documents.confidence.decide import decide
from clerkwork.documents.draft import FoundValue
from clerkwork.documents.extract.read_document import Extracted, ReadDocument
from clerkwork.documents.ocr.second_opinion import PageWitness
from clerkwork.documents.proofs import FieldCandidate, assessed
from clerkwork.model.documents.extraction import FieldEvidence, Proof
from clerkwork.model.documents.master_data import Master, OpenOrder, Product, Supplier

SHOP = Supplier(name="GARDENIA BAKERIES SDN BHD", address="LOT 3, JALAN PELABUR 23/1, SHAH ALAM")
BRANCH = Supplier(name="GARDENIA BAKERIES SDN BHD", address="NO 9, JALAN MERU, KLANG")
MASTER = Master(
    suppliers=(SHOP, BRANCH, Supplier(name="MR D.I.Y. TRADING SDN BHD")),
    products=(Product(code="K-77", description="Bolt M8 x 40"),),
    orders=(OpenOrder(number="PO-1", total="1,204.50"),),
)


Read = tuple[str, FieldCandidate]


def read(path: str, value: str, *, refuted: bool = False) -> Read:
    item = FoundValue(value=value, raw=value, tokens=())
    return path, FieldCandidate(item=item, assessment=assessed(0.7, "unclear", refuted=refuted))


def judged(
    *fields: Read, rows: tuple[str, ...] = (), master: Master = MASTER
) -> dict[str, FieldEvidence]:
    document = ReadDocument(pages=[], witness=PageWitness({}, "eng"))
    extracted = Extracted(candidates=dict(fields), kind="receipt", supplier_rows=rows)
    return {field.path: field for field in decide(extracted, document, master, 0.85)}


def test_a_name_that_is_known_is_confirmed_as_it_is_known():
    """Blanks, signs and case are no difference, so nothing was repaired."""
    found = judged(read("supplier", "Gardenia Bakeries Sdn. Bhd."))["supplier"]
    assert (found.value, found.evidence, found.repaired, found.doubtful) == (
        SHOP.name,
        [Proof.MASTER_DATA],
        False,
        False,
    )


def test_a_name_with_a_misread_letter_is_repaired_and_says_so():
    """What was read stays: as raw text, as a candidate and in the reason."""
    found = judged(read("supplier", "GARDEN1A BAKERlES SDN BHD"))["supplier"]
    assert (found.value, found.repaired, found.raw) == (
        SHOP.name,
        True,
        "GARDEN1A BAKERlES SDN BHD",
    )
    assert found.candidates == ["GARDEN1A BAKERlES SDN BHD"]
    assert found.facts == {"read": "GARDEN1A BAKERlES SDN BHD"}


def test_a_faint_likeness_is_proposed_and_goes_to_a_person():
    """A name may be another company's of the same family."""
    found = judged(read("supplier", "GARDENIA BAKERY BHD"))["supplier"]
    assert (found.value, found.repaired, found.doubtful) == (SHOP.name, True, True)


def test_an_unknown_name_stays_as_it_was_read():
    """Master data is never complete."""
    field = read("supplier", "SANYU STATIONERY SHOP")
    assert judged(field) == judged(field, master=Master())


def test_a_name_is_looked_for_in_the_rows_at_the_head():
    """A receipt names its shop anywhere, over two rows too."""
    rows = ("WELCOME", "GARDENIA BAKERIES", "(KL) SDN BHD", "MR D.I.Y. TRADING", "SDN BHD")
    assert (
        judged(read("supplier", "WELCOME"), rows=rows)["supplier"].value == MASTER.suppliers[2].name
    )


def test_the_address_is_the_printed_one_of_the_suppliers():
    """A supplier has several addresses; the printed one is used."""
    rows = ("GARDENIA BAKERIES SDN BHD", "N0 9 JALAN MERU", "KLANG")
    found = judged(read("supplier", rows[0]), read("address", "N0 9 JALAN MERU"), rows=rows)
    address = found["address"]
    assert (address.value, address.repaired, address.raw) == (
        BRANCH.address,
        True,
        "N0 9 JALAN MERU",
    )


@pytest.mark.parametrize("text", ["NO 9, JALAN MERU. KLANG", "NO 9. JALAN MERU, KLANG"])
def test_of_two_spellings_of_an_address_the_printed_one_is_taken(text):
    """Master data that grew has an address twice; signs are no reason to change what was read."""
    spellings = ("NO 9, JALAN MERU. KLANG", "NO 9. JALAN MERU, KLANG", "NO. 9 JALAN MERU KLANG")
    master = Master(suppliers=tuple(Supplier(name="AEON", address=each) for each in spellings))
    fields = [read("supplier", "AEON"), read("address", text)]
    address = judged(*fields, master=master)["address"]
    assert (address.value, address.repaired, address.doubtful) == (text, False, False)


def test_names_that_are_alike_are_left_to_a_person():
    """Between two known companies nobody guesses."""
    names = ("AEON CO. (M) BHD", "AEON CO. (N) BHD")
    master = Master(suppliers=tuple(Supplier(name=name) for name in names))
    found = judged(read("supplier", "AEON CO. (H) BHD"), master=master)["supplier"]
    assert (found.value, found.doubtful, set(found.candidates)) == (
        "AEON CO. (H) BHD",
        True,
        set(names),
    )


def test_an_open_order_confirms_its_number_and_its_total():
    """The number alone would not confirm another total."""
    found = judged(read("number", "PO-1"), read("total", "1204.50"))
    other = judged(read("number", "PO-1"), read("total", "1204.00"))
    assert [field.doubtful for field in found.values()] == [False, False]
    assert [field.doubtful for field in other.values()] == [False, True]


def test_a_known_product_confirms_its_code_and_its_description():
    """Of another description the code says nothing."""
    fields = (
        read("lines.0.code", "K-77"),
        read("lines.0.description", "BOLT M8x40"),
        read("lines.1.code", "K-77"),
        read("lines.1.description", "Nut"),
    )
    assert [field.doubtful for field in judged(*fields).values()] == [False, False, False, True]


@pytest.mark.parametrize("path", ["supplier", "number"])
def test_a_failed_check_is_not_outvoted_by_master_data(path):
    """What refutes a value weighs more than that it is known."""
    known = {"supplier": SHOP.name, "number": "PO-1"}[path]
    assert judged(read(path, known, refuted=True))[path].doubtful
