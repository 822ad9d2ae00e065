"""Equal content is equal however it is spelled: in the digest, at intake, and in older stores."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from clerkwork import PurchaseOrder, Run, bot
from clerkwork.model.work.content import digest_of, digest_of_json
from clerkwork.model.work.items import Added, NewItem
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import Bench, MakeBench
from tests.fixtures_portal import make_order

ORDER = make_order("PO-1", tax="0.00", total="7.00").model_dump(mode="json") | {
    "lines": [
        {
            "code": "c",
            "description": "d",
            "quantity": "2",
            "unit_price": "3.50",
            "amount": "7.00",
        }
    ],
    "tax": "0.00",
    "total": "7.00",
}
SPELLED = {
    "no zeros": ORDER | {"total": "7", "tax": "0"},
    "a number": ORDER | {"total": 7.0},
    "a default left out": {key: value for key, value in ORDER.items() if key != "tax"},
    "another order of keys": dict(reversed(ORDER.items())),
}


@bot()
def orders(value: PurchaseOrder, run: Run) -> None:
    """Take an order in."""


def submit(bench: Bench, payload: dict[str, Any], reference: str = "PO-1") -> Added:
    new = NewItem(workflow="work", reference=reference, payload=payload)
    return bench.engine.submit(new).added


@pytest.mark.parametrize("spelling", SPELLED)
def test_order_in_another_spelling_is_the_same_order(make_bench: MakeBench, spelling: str) -> None:
    """No person is asked about a zero."""
    bench = make_bench(orders)
    found = [submit(bench, ORDER), submit(bench, SPELLED[spelling])]
    assert found == [Added.NEW, Added.MERGED]


def test_other_content_is_a_conflict_still(make_bench: MakeBench) -> None:
    """A cent is no spelling, and the same conflict twice is one."""
    bench = make_bench(orders)
    other = ORDER | {"total": "7.01"}
    found = [submit(bench, payload) for payload in (ORDER, other, other | {"total": "7.010"})]
    assert (found, len(bench.open_reviews())) == ([Added.NEW, Added.CONFLICT, Added.CONFLICT], 1)


@pytest.mark.parametrize("spelling", [None, *SPELLED])
def test_digest_of_an_older_version_makes_no_conflict(
    make_bench: MakeBench, spelling: str | None
) -> None:
    """The old digest covers the spelling; the item's data has the value."""
    bench = make_bench(orders)
    submit(bench, ORDER)
    with bench.store.write() as db:
        db.execute(item_table.update().values(digest=digest_of_json(ORDER)))
    assert submit(bench, SPELLED[spelling] if spelling else ORDER) is Added.MERGED


def test_conflict_of_an_older_version_is_known(make_bench: MakeBench) -> None:
    """Its reference carries the digest of that time; nobody is asked a second time."""
    bench = make_bench(orders)
    other = ORDER | {"total": "7.01"}
    submit(bench, ORDER)
    submit(bench, other)
    mark = f"PO-1 ({digest_of_json(other)[:8]})"
    with bench.store.write() as db:
        older = {"digest": digest_of_json(other), "reference": mark}
        db.execute(item_table.update().where(item_table.c.id == 2).values(**older))
    submit(bench, other)
    assert len(bench.open_reviews()) == 1


@pytest.mark.parametrize("reference", [" PO-É ", "PO-E\u0301", "PO-É\u00a0"])
def test_reference_in_another_spelling_is_the_same_item(
    make_bench: MakeBench, reference: str
) -> None:
    """Blanks around it and decomposed characters are no other reference."""
    bench = make_bench(orders)
    found = [submit(bench, ORDER, "PO-É"), submit(bench, ORDER, reference)]
    assert found == [Added.NEW, Added.MERGED]


@pytest.mark.parametrize("reference", ["po-1", "PO-\uff11", "PO-¹"])
def test_case_and_width_are_another_reference(make_bench: MakeBench, reference: str) -> None:
    """They may be two records of the target."""
    bench = make_bench(orders)
    found = [submit(bench, ORDER), submit(bench, ORDER, reference)]
    assert found == [Added.NEW, Added.NEW]


class Sum(BaseModel):
    """A number that no target limits."""

    value: Decimal


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("7.00", "7", True),
        ("700", "7e2", True),
        ("-0", "0.000", True),
        ("1e999999", "10e999998", True),
        ("7", "-7", False),
        ("1234567890123456789012345678901", "1234567890123456789012345678902", False),
        ("1e999999", "1e999998", False),
    ],
)
def test_equal_decimals_have_equal_digests(one: str, other: str, equal: bool) -> None:
    """All digits count, and only zeros at the end do not."""
    first, second = (digest_of(Sum(value=Decimal(text))) for text in (one, other))
    assert (first == second) is equal
