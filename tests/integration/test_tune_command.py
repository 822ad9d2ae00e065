"""The command that turns people's answers into thresholds."""

from pathlib import Path

import pytest
import yaml

from clerkwork.clock import from_ms
from clerkwork.config.files.thresholds import load_thresholds
from clerkwork.model.documents.decision import FieldThreshold
from clerkwork.store.database import open_store
from clerkwork.store.reviews import samples
from clerkwork.store.reviews.samples import Checked, Raised
from tests.fixtures_cli import Shell

SOURCE = "expenses/text_layer"
NOW = from_ms(1_800_000_000_000)


@pytest.fixture
def reviewed(worked: Shell) -> Shell:
    """A project where people looked at 600 totals, all right, and 100 numbers."""
    store = open_store("sqlite:///var/clerkwork.db", worked.root)
    given = {"source": SOURCE, "probability": 0.98, "passable": True, "sampled": True}
    with store.write() as db:
        for number in range(600):
            fields = ["total", "number"] if number < 100 else ["total"]
            values = [Checked(field=field, wrong=False, **given) for field in fields]
            samples.put(db, number, values, now=NOW)
        raised = Raised(source=SOURCE, field="total", threshold=1.0, checked=5, wrong=1, at=NOW)
        samples.raise_threshold(db, raised)
    store.close()
    return worked


def raised_in(root: Path) -> list[Raised]:
    store = open_store("sqlite:///var/clerkwork.db", root)
    with store.read() as db:
        found = samples.raised(db)
    store.close()
    return found


def test_a_field_without_enough_values_is_refused_with_the_number_it_needs(reviewed):
    """The other field gets its threshold."""
    rows = {row["field"]: row for row in reviewed("tune", "--json").data}
    assert {name: (row["threshold"], row["needed"]) for name, row in rows.items()} == {
        "number": (None, 498),
        "total": (0.98, 0),
    }


def test_written_thresholds_are_read_again_and_take_raised_ones_back(reviewed):
    """The file is what decides from then on."""
    said = reviewed("tune", "--write")
    chosen = FieldThreshold(threshold=0.98, checked=600, wrong=0, error_at_most=0.00498)
    assert said.status == 0
    assert load_thresholds(reviewed.root).sources == {SOURCE: {"total": chosen}}
    assert raised_in(reviewed.root) == []
    assert reviewed("check").status == 0


def test_nothing_is_written_when_no_field_has_enough_values(reviewed):
    """One sentence says how many are missing, and of what to change."""
    said = reviewed("tune", "--target", "0.1", "--write")
    assert (said.status, "needs 2395 more correct ones" in said.err) == (2, True)
    assert not (reviewed.root / "config" / "thresholds.yaml").exists()


def test_a_wrong_threshold_names_its_line(reviewed):
    """A mistake in a file edited by hand is reported with its line."""
    data = {"target_error": 0.005, "sources": {SOURCE: {"total": {"threshold": 2}}}}
    file = reviewed.root / "config" / "thresholds.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    said = reviewed("check")
    assert (said.status != 0, "config/thresholds.yaml:5:" in said.out + said.err) == (True, True)
