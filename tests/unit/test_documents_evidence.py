"""From a draft to evidence: what is believed, what is doubted, and in which words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from clerkwork.documents.confidence.decide import decide
from clerkwork.documents.extract.read_document import ReadDocument
from clerkwork.documents.kinds.purchase_order import extract
from clerkwork.documents.ocr.second_opinion import Heard, PageWitness
from clerkwork.documents.tokens import PageWords, Token, text_of
from clerkwork.model.documents.extraction import FieldEvidence
from clerkwork.model.documents.master_data import Master

HEAD = [(40, "Item Code"), (180, "Description"), (520, "Qty"), (640, "Unit Price"), (840, "Amount")]
ORDER = [
    [(40, "PURCHASE ORDER")],
    [(40, "PO Number: PO-2026-3001")],
    [(40, "Order Date: 2026-03-09")],
    [(40, "Supplier: Northgate Logistics Pte Ltd")],
    HEAD,
    [(40, "M49497"), (180, "Pallet wrap"), (530, "12"), (660, "2.50"), (860, "30.00")],
    [(40, "K77380"), (180, "Tape 50 mm"), (530, "4"), (660, "5.00"), (860, "20.00")],
    [(640, "Subtotal"), (860, "€50.00")],
    [(640, "Tax (19%)"), (860, "€9.50")],
    [(640, "Total Due"), (860, "€59.50")],
]


@dataclass
class Told:
    """A second reading of a scan that repeats the first, except where a test changes it."""

    others_say: dict[str, list[str]] = field(default_factory=dict)
    again_says: dict[str, str] = field(default_factory=dict)
    room: bool = True
    weakest: float = 1.0

    def exact(self, tokens: Sequence[Token]) -> bool:
        return len(tokens) == 0

    def others(self, tokens: Sequence[Token]) -> list[Heard]:
        text = text_of(tokens)
        return [self._heard(said) for said in self.others_say.get(text, [text])]

    def again(self, tokens: Sequence[Token], *, numeric: bool = False) -> Heard:
        text = text_of(tokens).rstrip("." if numeric else "")
        return self._heard(self.again_says.get(text, text))

    def own(self, tokens: Sequence[Token]) -> list[Heard]:
        return [self._heard(text_of(tokens))]

    def fits(self, tokens: Sequence[Token]) -> bool:
        return self.room and len(tokens) > 0

    def prepare(self, places: Iterable[Sequence[Token]], *, numeric: bool = False) -> None:
        pass

    def _heard(self, text: str) -> Heard:
        return Heard(text=text, weakest=self.weakest)


def evidence(page: PageWords, witness: object = None) -> dict[str, FieldEvidence]:
    document = ReadDocument(pages=[page], witness=witness or PageWitness({}, "eng"))
    return {item.path: item for item in decide(extract(document), document, Master(), 0.85)}


def doubtful(page: PageWords, witness: object = None) -> list[str]:
    return [path for path, item in evidence(page, witness).items() if item.doubtful]


def changed(row: int, old: str, new: str) -> list[list[tuple[int, str]]]:
    rows = [list(pieces) for pieces in ORDER]
    rows[row] = [(left, text.replace(old, new)) for left, text in rows[row]]
    return rows


def test_a_digital_order_that_adds_up_has_no_doubt(page) -> None:
    """Every field of the order is there, in the order of the form."""
    read = evidence(page(*ORDER))
    assert {path: item.value for path, item in read.items()} == {
        "number": "PO-2026-3001",
        "order_date": "2026-03-09",
        "supplier": "Northgate Logistics Pte Ltd",
        "currency": "EUR",
        "lines.0.code": "M49497",
        "lines.0.description": "Pallet wrap",
        "lines.0.quantity": "12",
        "lines.0.unit_price": "2.50",
        "lines.0.amount": "30.00",
        "lines.1.code": "K77380",
        "lines.1.description": "Tape 50 mm",
        "lines.1.quantity": "4",
        "lines.1.unit_price": "5.00",
        "lines.1.amount": "20.00",
        "tax": "9.50",
        "total": "59.50",
    }
    assert [path for path, item in read.items() if item.doubtful] == []


def test_a_scan_on_which_all_readings_agree_has_no_doubt(page) -> None:
    """Independent readings stand in for a text layer."""
    assert doubtful(page(*ORDER), Told()) == []


def test_a_total_that_is_not_the_sum_is_doubted_with_the_sums(page) -> None:
    """The sentence names the summands and the printed total."""
    read = evidence(page(*changed(9, "59.50", "95.50")))
    assert read["total"].doubtful
    assert read["tax"].doubtful
    assert read["total"].facts == {"sum": "50.00", "tax": "€9.50", "total": "€95.50"}
    assert not read["lines.0.amount"].doubtful  # the subtotal agrees with the lines


def test_lines_that_miss_subtotal_and_total_are_doubted(page) -> None:
    """A line may have been lost, so no amount is safe."""
    rows = [row for index, row in enumerate(ORDER) if index != 6]
    assert {"lines.0.amount", "tax", "total"} <= set(doubtful(page(*rows)))


def test_a_line_that_does_not_multiply_is_doubted(page) -> None:
    """Which of its three numbers is wrong is not known."""
    assert {"lines.0.quantity", "lines.0.unit_price", "lines.0.amount"} <= set(
        doubtful(page(*changed(5, "2.50", "2.60")))
    )


def test_a_misread_price_is_replaced_by_a_reading_that_multiplies(page) -> None:
    """Arithmetic proves the other reading; the first stays to be seen."""
    witness = Told(others_say={"2,50": ["2.50"]})
    read = evidence(page(*changed(5, "2.50", "2,50")), witness)
    assert (read["lines.0.unit_price"].value, read["lines.0.unit_price"].raw) == ("2.50", "2,50")
    assert not read["lines.0.unit_price"].doubtful


def test_a_value_that_no_reading_has_is_never_computed(page) -> None:
    """A value that would fit is not used when it is not printed."""
    witness = Told(others_say={"2,50": ["2,60"]}, again_says={"2,50": "2,60"})
    read = evidence(page(*changed(5, "2.50", "2,50")), witness)
    assert (read["lines.0.unit_price"].value, read["lines.0.unit_price"].doubtful) == ("", True)


@pytest.mark.parametrize(
    ("witness", "confidence"),
    [
        (Told(others_say={"M49497": ["M49491"]}), 0.7),
        (Told(others_say={"M49497": ["M49491"]}, again_says={"M49497": "M4949"}), 0.4),
    ],
)
def test_a_code_that_the_readings_disagree_on_is_doubted(page, witness, confidence) -> None:
    """No arithmetic can prove a code, so readings must agree."""
    read = evidence(page(*ORDER), witness)["lines.0.code"]
    assert (read.doubtful, read.confidence) == (True, confidence)


def test_a_code_built_unlike_the_others_is_doubted_on_a_scan(page) -> None:
    """All readings may take a Z for a 2; the other codes tell."""
    rows = [*changed(6, "K77380", "K77381")]
    rows.insert(7, [(40, "277382"), (180, "Cord"), (530, "1"), (660, "5.00"), (860, "5.00")])
    assert "lines.2.code" in doubtful(page(*rows), Told())
    assert "lines.2.code" not in doubtful(page(*rows))


@pytest.mark.parametrize("witness", [Told(room=False), Told(weakest=0.3)])
def test_words_of_the_wrong_width_or_with_an_unclear_character_are_doubted(page, witness) -> None:
    """Readings of one engine can share a mistake; the ink and the weakest character tell."""
    assert "lines.0.description" in doubtful(page(*ORDER), witness)


def test_a_date_that_can_be_two_days_is_doubted_with_both(page) -> None:
    """Even a text layer leaves the order of day and month open."""
    read = evidence(page(*changed(2, "2026-03-09", "03/09/2026")))["order_date"]
    assert (read.doubtful, read.candidates) == (True, ["2026-03-09"])


def test_the_order_number_on_an_invoice_is_doubted(page) -> None:
    """An invoice has a number of its own, which was not found."""
    read = evidence(page(*changed(0, "PURCHASE ORDER", "INVOICE")))["number"]
    assert (read.value, read.doubtful) == ("PO-2026-3001", True)


def test_two_currencies_are_doubted(page) -> None:
    """One amount in dollars among euros is a question."""
    read = evidence(page(*changed(8, "€", "$")))["currency"]
    assert (read.doubtful, read.facts["options"]) == (True, "EUR, USD")


def test_no_tax_is_believed_only_when_nothing_is_unexplained(page) -> None:
    """Lines that come to the total prove that there is none, unless other amounts stand there."""
    without = [*ORDER[:7], [(640, "Total Due"), (860, "€50.00")]]
    other = [*without, [(640, "Levy"), (860, "€9.50")]]
    assert evidence(page(*without))["tax"].value == "0.00"
    assert doubtful(page(*without), Told()) == ["currency"]  # its sign was read only once
    assert "tax" in doubtful(page(*other))


def test_a_page_with_nothing_asks_for_everything(page) -> None:
    """The form still has a line to fill in."""
    read = evidence(page([(40, "Dear all")]))
    assert list(read) == [
        "number",
        "order_date",
        "supplier",
        "currency",
        "lines.0.code",
        "lines.0.description",
        "lines.0.quantity",
        "lines.0.unit_price",
        "lines.0.amount",
        "tax",
        "total",
    ]
    assert all(item.doubtful and not item.value for item in read.values())


@pytest.mark.parametrize("label", ["售方：", "pplier: "])
def test_a_name_with_a_part_of_its_label_is_doubted(page, label: str) -> None:
    """A font without a character of the label leaves the rest of it before the name."""
    buyer = [(40, "Bill To: Willowbrook Instruments Ltd")]
    rows = [*ORDER[:3], [(40, f"{label}杭州钱塘文具有限公司")], buyer, *ORDER[4:]]
    assert doubtful(page(*rows)) == ["supplier"]


def test_a_box_is_in_fractions_of_the_page(page) -> None:
    """The picture next to the form may have any size."""
    [box] = evidence(page(*ORDER))["number"].boxes
    assert (box.page, box.left, box.top) == (0, 0.14, 0.03571)
    assert 0 < box.left < box.right < 1
    assert 0 < box.top < box.bottom < 1
