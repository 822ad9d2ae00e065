"""A target's description is held against its pages, in real Chromium, and nothing is stored."""

import shutil
from pathlib import Path

import pytest

from clerkwork.browser.rehearsal import rehearse
from clerkwork.testing.portal import Portal
from tests.fixtures_cli import call
from tests.fixtures_portal import HOME, Visitor

FINE = [
    ("search.column", "Order number"),
    ("form.address", "/orders/new"),
    ("form.fields.number", "Order number"),
    ("form.fields.order_date", "Order date"),
    ("form.fields.currency", "Currency"),
    ("form.fields.tax", "Tax"),
    ("form.fields.supplier", "Supplier"),
    ("form.fields.total", "Total"),
    ("form.submit", "Submit order"),
    ("form.confirmation", "Confirmation"),
    ("form.lines.add", "Add line"),
    ("form.lines.fields.code", "Code"),
    ("form.lines.fields.description", "Description"),
    ("form.lines.fields.quantity", "Quantity"),
    ("form.lines.fields.unit_price", "Unit price"),
    ("form.lines.fields.amount", "Amount"),
]


def changed(visitor: Visitor, **form: object) -> Visitor:
    """Return *visitor* on the same target with some keys of ``form`` written otherwise."""
    data = visitor.target.form.model_dump() | form
    written = type(visitor.target.form).model_validate(data)
    visitor.target = visitor.target.model_copy(update={"form": written})
    return visitor


def test_a_description_that_fits_is_found_whole_and_nothing_is_stored(visitor, portal):
    """Every key has its place on the pages; the target holds no record after it."""
    findings = visitor(rehearse)
    assert [(one.key, one.words) for one in findings] == FINE
    assert ([one for one in findings if one.problem], portal.orders()) == ([], [])


def test_words_that_no_page_has_are_all_named_at_once(visitor):
    """A field, a text and a button; what the page has instead is said of the field."""
    fields = {
        "number": "Order number",
        "tax": "Duty paid",
        "total": {"words": "Balance", "entry": "shown"},
    }
    findings = changed(visitor, fields=fields, submit=["Send off"])(rehearse)
    problems = {one.key: one.problem for one in findings if one.problem}
    assert list(problems) == ["form.fields.tax", "form.fields.total", "form.submit"]
    assert "there are Order number <input[text] number>" in problems["form.fields.tax"]


@pytest.mark.parametrize(
    ("form", "key"),
    [({"address": "/nowhere"}, "form.address"), ({"open": ["Begin"]}, "form.address")],
)
def test_a_form_that_is_not_reached_ends_the_look(visitor, form, key):
    """The way to it is named with its reason; its fields are not said to be missing."""
    findings = changed(visitor, **form)(rehearse)
    assert [one.key for one in findings if one.problem] == [key]
    assert findings[-1].key == key


def test_the_command_ends_with_1_where_words_are_missing(
    tmp_path: Path, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table names the key; a target that is not there is refused with those that are."""
    monkeypatch.setenv("CLERKWORK_PORTAL_URL", portal.url)
    monkeypatch.setenv("CLERKWORK_PORTAL_PASSWORD", portal.password)
    for part in ("bots", "workflows", "config"):
        shutil.copytree(HOME / part, tmp_path / part)
    fine = call("--project", tmp_path, "targets", "check", "portal", "--json")
    file = tmp_path / "config" / "targets" / "portal" / "target.yaml"
    file.write_text(file.read_text("utf-8").replace("Unit price", "Cost each"), "utf-8")
    wrong = call("--project", tmp_path, "targets", "check", "portal", "--json")
    unknown = call("--project", tmp_path, "targets", "check", "erp")
    missing = [row["key"] for row in wrong.data if row["found"] is False]
    assert (fine.status, [(row["key"], row["words"]) for row in fine.data]) == (0, FINE)
    assert (wrong.status, missing) == (1, ["form.lines.fields.unit_price"])
    assert (unknown.status, "portal" in unknown.err) == (2, True)
