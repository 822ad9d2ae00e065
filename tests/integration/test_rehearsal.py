"""A target's description is held against its pages, in real Chromium, and nothing is stored."""

import shutil
from pathlib import Path

import pytest

from clerkwork.browser.records.dry_run import dry_run
from clerkwork.testing.portal import Portal
from tests.fixtures_cli import call
from tests.fixtures_portal import HOME, Visitor
from tests.integration.test_target_pages import address, at  # noqa: F401 - fixtures

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
    """Return *visitor* on the same target with some keys of ``form`` replaced."""
    data = visitor.target.form.model_dump() | form
    written = type(visitor.target.form).model_validate(data)
    visitor.target = visitor.target.model_copy(update={"form": written})
    return visitor


def test_a_description_that_fits_is_found_whole_and_nothing_is_stored(visitor, portal):
    """Every key has its place on the pages; the target holds no record after it."""
    findings = visitor(dry_run)
    assert [(one.key, one.words) for one in findings] == FINE
    assert ([one for one in findings if one.problem], portal.orders()) == ([], [])


def test_words_that_no_page_has_are_all_named_at_once(visitor):
    """A field, a text and a button; what the page has instead is said of the field."""
    fields = {
        "number": "Order number",
        "tax": "Duty paid",
        "total": {"words": "Balance", "entry": "shown"},
    }
    findings = changed(visitor, fields=fields, submit=["Send off"])(dry_run)
    problems = {one.key: one.problem for one in findings if one.problem}
    assert list(problems) == ["form.fields.tax", "form.fields.total", "form.submit"]
    assert "there are Order number <input[text] number>" in problems["form.fields.tax"]


def test_button_that_is_drawn_late_is_found(at):  # noqa: F811 - as above
    """Also where no field is looked for before it."""
    visitor = at("no_labels")
    page = {"address": "/answered.html?how=late_button", "fields": {}, "lines": None}
    findings = changed(visitor, **page)(dry_run)
    assert [one.problem for one in findings if one.key == "form.submit"] == [""]


@pytest.mark.parametrize(
    ("form", "key"),
    [({"address": "/nowhere"}, "form.address"), ({"open": ["Begin"]}, "form.address")],
)
def test_a_form_that_is_not_reached_ends_the_look(visitor, form, key):
    """The way to it is named with its reason; its fields are not said to be missing."""
    findings = changed(visitor, **form)(dry_run)
    assert [one.key for one in findings if one.problem] == [key]
    assert findings[-1].key == key


def searched(visitor: Visitor, how: str = "script", **changes: object) -> Visitor:
    """Return *visitor* on a list that is searched by a field and answers in a way."""
    keys = {"address": f"/searched.html?how={how}", "field": "Our ref.", "button": "Search"}
    written = visitor.target.search.model_dump() | keys | {"none": "No records"} | changes
    search = type(visitor.target.search).model_validate(written)
    visitor.target = visitor.target.model_copy(update={"search": search})
    return changed(visitor, confirmation="Order {value} was saved")


NO_BUTTON = "there is no such button"
AFTER = "not checked: the search failed"
NO_FIELD = (
    "The page PAGE is not as expected: Buyer was not found, there are Our ref. <input[text] ref>."
)
UNLIKE = "The form of no_labels differs from its description: its list"
NO_COLUMN = f"{UNLIKE} has no column Buyer, it shows Receipt no., Our ref.."
NO_ANSWER = (
    f"{UNLIKE} may not be the result of the search for CLERKWORK-CHECK-0: it shows the row No"
    " records; if the page says that there are no records, add its words as `none`."
)


@pytest.mark.parametrize(
    ("how", "changes", "said"),
    [
        ("script", {}, ["", "", ""]),
        ("post", {"button": None}, ["", ""]),
        ("script", {"field": "Buyer", "button": "Go"}, [NO_FIELD, NO_BUTTON, AFTER]),
        ("script", {"column": "Buyer", "none": None}, ["", "", NO_COLUMN]),
        ("script", {"column": "Buyer"}, ["", "", "no list is shown if there is no such record"]),
        ("script", {"none": None}, ["", "", NO_ANSWER]),
        ("script&most=4", {}, ["", "", "CLERKWORK-CHECK-0 is too long"]),
    ],
)
def test_search_by_a_field_is_held_against_its_page(at, how, changes, said):  # noqa: F811 - as above
    """Its field, its button where it has one, and the column of the list that it brings."""
    visitor = searched(at("no_labels"), how, **changes)
    page = f"{visitor.target.base_url}/searched.html"
    found = {
        one.key: (one.problem or one.note).replace(page, "PAGE")
        for one in visitor(dry_run)
        if one.key.startswith("search")
    }
    keys = ["search.field", "search.button", "search.column"]
    if len(said) == 2:
        keys.remove("search.button")
    assert found == dict(zip(keys, said, strict=True))


def test_sentence_that_confirms_is_noted_as_any_other(at):  # noqa: F811 - as above
    """It is said only after the record was stored, and no field is called so."""
    (found,) = [one for one in searched(at("no_labels"))(dry_run) if one.key == "form.confirmation"]
    assert (found.words, found.problem, found.note) == (
        "Order {value} was saved",
        "",
        "not checked: appears after saving",
    )


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
