"""Finding fields by the words a person reads, in a real browser."""

import pytest

from clerkwork.browser.locate.fingerprints import FingerprintStore
from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.files.targets import load_targets
from clerkwork.config.settings import BrowserSettings
from clerkwork.errors import BusinessException
from tests import form_visits

FOUND = [
    "labels",
    "beside",
    "below",
    "grid",
    "decorated",
    "synonym",
    "chinese",
    "frame",
    "shadow",
    "nested",
    "greyed",
    "late",
    "hidden twin",
    "far twin",
    "hint",
    "mirrored",
    "cell without a row",
    "value",
    "sign",
    "currency sign",
    "scrolled pane",
    "sticky header",
    "built in view",
    "pop-up in a closed box",
]


@pytest.fixture
def learning(visitor, tmp_path):
    """A visitor whose browser knows a project to learn for."""
    own, visitor.host = (
        visitor.host,
        BrowserHost(BrowserSettings(), tmp_path / "evidence", root=tmp_path),
    )
    yield visitor
    visitor.host.close()
    visitor.host = own


@pytest.mark.parametrize("form", FOUND)
def test_field_is_found_by_its_words(visitor, form):
    """However the page says what a field is, the right one is filled and no other."""
    assert visitor(form_visits.fill_date, form) == "date"


def test_field_of_a_grid_is_found_by_its_column_and_line(visitor):
    """The field is in the second line of the grid, not in the first."""
    assert visitor(form_visits.fill_date, "lines", "Quantity", 1) == "date"


def test_field_beyond_the_edge_of_a_mirrored_pane_is_found(visitor):
    """Where lines run from right to left, a pane is scrolled to the left."""
    assert visitor(form_visits.fill_date, "mirrored pane", "Order date", 0) == "date"


def test_look_at_a_page_leaves_its_panes_where_they_are(visitor):
    """A list that builds only what is in view would take fields out of the page."""
    assert visitor(form_visits.scrolled_by_looking) == [0, 0]


def test_name_of_a_field_is_before_it_in_its_label(visitor):
    """What the label says after the field explains it, and is no part of its name."""
    assert visitor(form_visits.fill_date, "explained", "Number") == "date"


def test_field_of_a_grid_is_found_within_an_element_of_the_pages_own(visitor):
    """The column is found through the shadow root of a custom element."""
    assert visitor(form_visits.fill_date, "in elements", "Order date", 0) == "date"


@pytest.mark.parametrize(
    ("form", "code", "named"),
    [
        (
            "twice",
            "locator_ambiguous",
            "Order date <input[text] date>; Order date <input[text] old>",
        ),
        (
            "twice in a pane",
            "locator_ambiguous",
            "Order date <input[text] date>; Order date <input[text] old>",
        ),
        ("gone", "page_unexpected", "Supplier <input[text] who>"),
        ("under a heading", "page_unexpected", "Who <input[text] who>; When <input[text] date>"),
        ("popup", "page_covered", "Your session ends soon"),
    ],
)
def test_ambiguous_field_stops_with_the_candidates_and_a_picture(visitor, form, code, named):
    """Nothing is typed; the error lists the candidates, and a picture is kept."""
    error = visitor.fails(form_visits.fill_date, form)
    assert (error.code, named in str(error), visitor.kept()) == (code, True, ["failure"])


def test_changed_field_is_used_flagged_and_proposed(learning, tmp_path):
    """A renamed field is found by what it looked like; the run log says so; a proposal waits."""
    learned = FingerprintStore(tmp_path)
    learning(form_visits.fill_date, "before")
    learned.accept("portal", "Order date")
    found = learning(form_visits.fill_date, "renamed")
    warnings = [data for kind, data in learning.messages if kind == "healed"]
    (proposal,) = FingerprintStore(tmp_path).proposals().values()
    assert (
        found,
        learning.kept(),
        [(data["facts"]["code"], data["facts"]["field"]) for data in warnings],
        proposal.changes[:2],
    ) == (
        "z1",
        ["healed"],
        [("locator_healed", "Order date")],
        ["- label: Order date", "+ label: Zyx"],
    )


def test_changed_field_within_a_shadow_root_of_a_frame_is_used(learning, tmp_path):
    """What was recorded there is found there, when its label has become another one."""
    learning(form_visits.fill_date, "nested")
    FingerprintStore(tmp_path).accept("portal", "Order date")
    assert learning(form_visits.fill_date, "nested renamed") == "date"


@pytest.mark.parametrize(
    ("before", "after"),
    [("sections", "sections with a copy"), ("placeholders", "placeholders with a note")],
)
def test_heading_speaks_for_the_fields_of_its_own_section(learning, tmp_path, before, after):
    """The legend of one field is its name, and a section without fields speaks for none."""
    learning(form_visits.fill_date, before)
    FingerprintStore(tmp_path).accept("portal", "Order date")
    assert learning(form_visits.fill_date, after) == "date"


def test_copy_that_lies_free_is_not_taken_for_a_covered_form(learning, tmp_path):
    """The form is renamed and under a pop-up, its copy below is neither: that is for a person."""
    learning(form_visits.fill_date, "open form")
    FingerprintStore(tmp_path).accept("portal", "Order date")
    error = learning.fails(form_visits.fill_date, "covered form")
    assert error.code == "locator_ambiguous"


def test_field_that_the_page_rebuilt_is_read_again(visitor):
    """What was typed into the old field is not taken for what the page shows now."""
    assert visitor(form_visits.shown_after_rebuild) == {"date": ""}


def test_value_that_the_field_would_cut_goes_to_a_person(visitor):
    """Cut to the field's length, the references of two orders would be one."""
    kept = visitor(form_visits.write_date, "PO-123")
    error = visitor.fails(form_visits.write_date, "PO-1234")
    assert (kept, type(error), error.code, error.fields) == (
        {"date": "PO-123"},
        BusinessException,
        "too_long",
        ("date",),
    )


def test_accepted_look_is_no_change_any_more(learning, tmp_path):
    """After a person has accepted it, the field is found without a proposal; targets still load."""
    folder = tmp_path / "config" / "targets" / "portal"
    folder.mkdir(parents=True)
    (folder / "target.yaml").write_text("name: portal\nbase_url: http://127.0.0.1:9\n", "utf-8")
    learning(form_visits.fill_date, "before")
    FingerprintStore(tmp_path).accept("portal", "Order date")
    learning(form_visits.fill_date, "before")
    assert (FingerprintStore(tmp_path).proposals(), [*load_targets(tmp_path)]) == ({}, ["portal"])
