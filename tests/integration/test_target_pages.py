"""Pages of every awkward kind, entered and found again by description alone, in real Chromium."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from clerkwork import Receipt, enter_record, find_record
from clerkwork.browser.locate.fingerprints import FingerprintStore
from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.files.targets import read_targets
from clerkwork.config.settings import BrowserSettings
from clerkwork.errors import ApplicationException, BusinessException
from clerkwork.model.project.targets import Target
from tests.fixtures_portal import PAUSE, Visitor, make_order

PAGES = Path(__file__).parents[1] / "target_pages"
KINDS = yaml.safe_load((PAGES / "targets.yaml").read_text("utf-8"))
LATE = ("/view.html", "/kept.js?late")
SUPPLIER = "Northgate Logistics Pte Ltd"


class Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer for a record's own page so late that the list is still there meanwhile."""
        PAUSE.wait(0.3 if self.path.startswith(LATE) else 0)
        if self.path.startswith("/answer/"):
            self.send_error(int(self.path.rpartition("/")[2]))
        else:
            super().do_GET()

    def do_POST(self) -> None:
        """Answer with the page and what was posted, which is in no address."""
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        page = (PAGES / self.path.partition("?")[0].lstrip("/")).read_text("utf-8")
        body = f'<!doctype html><script>const posted = "{sent}"</script>{page}'.encode()
        PAUSE.wait(0.3)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    handler = partial(Quiet, directory=str(PAGES))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def at(address: str, warm_browser: BrowserHost, tmp_path: Path) -> Any:
    """Return a caller on the target that a page of the folder is; each keeps its own orders."""

    def caller(kind: str, browser: BrowserHost = warm_browser) -> Visitor:
        target = described(kind, address).model_copy(update={"username": str(tmp_path)})
        return Visitor(browser, target, tmp_path)

    return caller


def described(kind: str, address: str) -> Target:
    own = KINDS.get(kind, {})
    dates = {"words": "Date"}
    fields = {"number": "Our ref.", "supplier": "Vendor", "order_date": dates}
    parts = {"code": "Article", "quantity": "Qty", "unit_price": "Price"}
    return Target.model_validate(
        {
            "name": kind,
            "base_url": address,
            "call_timeout_s": 60,
            "search": {
                "address": "/list.html?ref={reference}",
                "column": "Our ref.",
                "confirmation": "Receipt no.",
            },
            "form": {
                "reference": "number",
                "address": f"/{kind}.html",
                "submit": ["Save"],
                "confirmation": "Receipt no.",
                "fields": fields,
                **own,
                "lines": {"fields": parts, **own.get("lines", {})},
            },
        }
    )


@pytest.mark.parametrize("kind", KINDS)
def test_page_of_this_kind_is_entered_by_its_description(at, kind):
    """Every field and all four lines stand in the stored record as the order says."""
    visitor, order = at(kind), make_order("PO-1", supplier=SUPPLIER)
    before = visitor(find_record, order)
    receipt = visitor(enter_record, order)
    wanted = Receipt(confirmation="T-1", reference="PO-1")
    assert (before, receipt, visitor(find_record, order)) == ([], wanted, [wanted])


@pytest.mark.parametrize("kind", KINDS)
def test_form_that_is_wrongly_said_to_take_all_at_once_is_entered_right(at, kind):
    """What its answers wipe out is put right before it is submitted."""
    visitor, order = at(kind), make_order("PO-1", supplier=SUPPLIER)
    eager = visitor.target.form.model_copy(update={"eager": True})
    visitor.target = visitor.target.model_copy(update={"form": eager})
    receipt = visitor(enter_record, order)
    assert (visitor(find_record, order), receipt.confirmation) == ([receipt], "T-1")


@pytest.mark.parametrize("more", ["a", "button"])
def test_duplicate_is_found_on_a_later_page_of_rows_without_links(at, more):
    """Each page of the list is read, and each record is opened on its own page of the list."""
    visitor, order = at("no_labels"), make_order("PO-1", supplier=SUPPLIER)
    address = f"/paged.html?more={more}&ref={{reference}}"
    search = {"address": address, "more": "Next", "opened_by": "double_click"}
    paged = visitor.target.search.model_copy(update=search)
    visitor.target = visitor.target.model_copy(update={"search": paged})
    for number in ("PO-1", "PO-1", "PO-12", "PO-1"):
        visitor(enter_record, make_order(number, supplier=SUPPLIER))
    assert visitor(find_record, order) == [
        Receipt(confirmation=number, reference="PO-1") for number in ("T-1", "T-2", "T-4")
    ]


@pytest.mark.parametrize("query", ["more=a&says=Next+»", "more=button&says=»+next", "more=a&grows"])
def test_later_pages_are_read_with_any_decoration_of_their_link(at, query):
    """A row that the next page repeats is the same record."""
    visitor, order = at("no_labels"), make_order("PO-1", supplier=SUPPLIER)
    address = f"/paged.html?{query}&ref={{reference}}"
    search = {"address": address, "more": "Next", "opened_by": "double_click"}
    paged = visitor.target.search.model_copy(update=search)
    visitor.target = visitor.target.model_copy(update={"search": paged})
    for number in ("PO-12", "PO-1", "PO-1"):
        visitor(enter_record, make_order(number, supplier=SUPPLIER))
    found = visitor(find_record, order)
    assert [one.confirmation for one in found] == ["T-2", "T-3"]


@pytest.mark.parametrize(
    ("kind", "query"), [("no_labels", "draft=X-9"), ("postback", "&".join(["draft=X-9"] * 5))]
)
def test_form_with_lines_that_the_order_lacks_is_not_submitted(at, kind, query):
    """A line of a draft that the target kept would be stored with it."""
    visitor, order = at(kind), make_order("PO-1", supplier=SUPPLIER)
    form = visitor.target.form.model_copy(update={"address": f"/{kind}.html?{query}"})
    visitor.target = visitor.target.model_copy(update={"form": form})
    error = visitor.fails(enter_record, order)
    said = f"lines.4: the form of {kind} has a line with X-9 that the order does not have."
    assert (error.code, said in str(error), visitor(find_record, order)) == (
        "read_back_mismatch",
        True,
        [],
    )


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_list_whose_data_did_not_come_is_not_taken_for_empty(at, status):
    """The order may stand in what was not answered."""
    visitor = at("no_labels")
    search = {"address": f"/busy.html?status={status}&ref={{reference}}"}
    busy = visitor.target.search.model_copy(update=search)
    visitor.target = visitor.target.model_copy(update={"search": busy})
    error = visitor.fails(find_record, make_order("PO-1", supplier=SUPPLIER))
    assert (error.code, f"HTTP {status}" in str(error)) == ("target_error", True)


@pytest.mark.parametrize(
    ("leads", "code"),
    [
        ("/answer/500", "target_error"),
        ("/answer/429", "target_error"),
        ("/login.html", "session_lost"),
    ],
)
def test_later_page_that_did_not_come_is_no_fault_of_the_description(at, leads, code):
    """The lookup restarts instead of reporting a changed list."""
    visitor = at("no_labels")
    search = {"address": f"/paged.html?more=a&leads={leads}&ref={{reference}}", "more": "Next"}
    login = {"user": "User", "password": "Password", "button": "Log in"}
    data = visitor.target.model_dump() | {"login": login}
    data["search"] |= search
    visitor.target = Target.model_validate(data)
    error = visitor.fails(find_record, make_order("PO-1", supplier=SUPPLIER))
    again = [data for kind, data in visitor.messages if "Retrying: " in str(data)]
    assert (error.code, len(again)) == (code, 2)


def test_blank_lines_of_a_form_are_no_lines(at):
    """What a blank line says of its own, such as a quantity of 1, holds no order back."""
    visitor, order = at("no_labels"), make_order("PO-1", supplier=SUPPLIER)
    form = visitor.target.form.model_copy(update={"address": "/no_labels.html?draft=&draft="})
    visitor.target = visitor.target.model_copy(update={"form": form})
    visitor(enter_record, order)
    assert visitor(find_record, order) == [Receipt(confirmation="T-1", reference="PO-1")]


def test_row_that_may_be_the_record_is_opened_before_it_is_passed_over(at):
    """Its list cuts references, knows no numbers, and says so where it has nothing to list."""
    visitor, order = at("no_labels"), make_order("PO-1234", supplier=SUPPLIER)
    search = {"address": "/plain_list.html?ref={reference}", "none": "Nothing found"}
    visitor.target = visitor.target.model_copy(
        update={"search": visitor.target.search.model_copy(update=search)}
    )
    before = visitor(find_record, order)
    for number in ("PO-1234", "PO-12345"):
        visitor(enter_record, make_order(number, supplier=SUPPLIER))
    shown = [Receipt(confirmation="T-1", reference="PO-1234")]
    assert (before, visitor(find_record, order)) == ([], shown)


def test_order_begun_under_another_reference_is_left_alone(at):
    """A row that only may mean the order is opened; it is another one, so the order is entered."""
    visitor = at("no_labels")
    search = {"address": "/plain_list.html?ref={reference}", "none": "Nothing found"}
    search |= {"complete": ["entered"]}
    visitor.target = visitor.target.model_copy(
        update={"search": visitor.target.search.model_copy(update=search)}
    )
    visitor(enter_record, make_order("PO-12345", supplier=SUPPLIER))
    receipt = visitor(enter_record, make_order("PO-1234", supplier=SUPPLIER))
    assert receipt == Receipt(confirmation="T-2", reference="PO-1234")


def test_question_that_is_not_described_is_answered_with_cancel(at):
    """Nothing is stored, and a person reads what was asked."""
    visitor, order = at("old_style"), make_order("PO-1", supplier=SUPPLIER)
    form = visitor.target.form.model_copy(update={"agree": ["Save?"]})
    visitor.target = visitor.target.model_copy(update={"form": form})
    error = visitor.fails(enter_record, order)
    assert (str(error).rpartition(": ")[2], visitor(find_record, order)) == ("Save PO-1?", [])


def test_field_that_takes_no_batch_is_learned(at, tmp_path):
    """The second order writes it at once as a person would; nothing has to be put right."""
    (tmp_path / "evidence").mkdir()
    browser = BrowserHost(BrowserSettings(), tmp_path / "evidence", root=tmp_path)
    try:
        visitor = at("single", browser)
        said = []
        for number in ("PO-1", "PO-2"):
            visitor(enter_record, make_order(number, supplier=SUPPLIER))
            said.append([data["message"] for kind, data in visitor.messages if kind == "log"])
            visitor.messages.clear()
    finally:
        browser.close()
    corrected = ["Corrected in the form: {fields}." in messages for messages in said]
    assert (corrected, FingerprintStore(tmp_path).slow("single")) == ([True, False], {"quantity"})


def test_value_that_is_not_offered_goes_to_a_person(at):
    """A name that is only a part of what the page offers is not taken for it."""
    error = at("late").fails(enter_record, make_order("PO-1", supplier="Northgate"))
    assert (type(error), error.code, error.fields) == (
        BusinessException,
        "unknown_supplier",
        ("supplier",),
    )


def test_form_that_wants_more_lines_than_it_has_is_named(at):
    """Without a button for another line the order is not entered by half."""
    order = make_order("PO-1", supplier=SUPPLIER)
    longer = order.model_copy(update={"lines": [*order.lines, order.lines[0]]})
    error = at("no_labels").fails(enter_record, longer)
    assert (type(error), error.code) == (ApplicationException, "page_unexpected")


@pytest.fixture
def wizard(at: Any, tmp_path: Path) -> Iterator[Visitor]:
    """A caller on a target of a project, whose form follows a question."""
    (tmp_path / "config" / "targets" / "wizard").mkdir(parents=True)
    (tmp_path / "evidence").mkdir()
    browser = BrowserHost(BrowserSettings(), tmp_path / "evidence", root=tmp_path)
    yield at("wizard", browser)
    browser.close()


def pages_of(visitor: Visitor, text: str) -> None:
    """Write the own pages of the visitor's target."""
    folder = visitor.evidence / "config" / "targets" / "wizard"
    (folder / "pages.py").write_text(text, encoding="utf-8")


def test_own_pages_lead_to_a_form_that_its_description_cannot_reach(wizard):
    """The rest goes by the description; without them the form is not found."""
    order = make_order("PO-1", supplier=SUPPLIER)
    error = wizard.fails(enter_record, order)
    pages_of(wizard, (PAGES / "wizard_pages.py").read_text("utf-8"))
    wizard(enter_record, order)
    found = wizard(find_record, order)
    assert (error.code, found) == (
        "page_unexpected",
        [Receipt(confirmation="T-1", reference="PO-1")],
    )


def test_own_pages_enter_and_find_by_themselves(wizard):
    """Their functions replace the description, and are reloaded after a change."""
    order = make_order("PO-1", supplier=SUPPLIER)
    receipt = "from clerkwork import Receipt\nMINE = Receipt(confirmation='{}', reference='PO-1')\n"
    function = "def {}(screen, item):\n    return {}\n"
    pages_of(wizard, receipt.format("T-8") + function.format("find", "[MINE]"))
    found = wizard(find_record, order)
    pages_of(wizard, receipt.format("T-9") + function.format("enter", "MINE"))
    entered = wizard(enter_record, order)
    assert (found[0].confirmation, entered.confirmation) == ("T-8", "T-9")


def test_own_find_needs_no_description_of_a_list(wizard):
    """The form is entered by its description; an existing record is looked up once."""
    order = make_order("PO-1", supplier=SUPPLIER)
    lead = (PAGES / "wizard_pages.py").read_text("utf-8")
    pages_of(wizard, f"{lead}\n\ndef find(screen, item):\n    return []\n")
    wizard.target = wizard.target.model_copy(update={"search": None})
    assert (wizard(find_record, order), wizard(enter_record, order)) == (
        [],
        Receipt(confirmation="T-1", reference="PO-1"),
    )


def test_own_pages_that_cannot_be_loaded_are_named(wizard):
    """The sentence says which file, and what Python said of it."""
    pages_of(wizard, "import nowhere_to_be_found\n")
    error = wizard.fails(enter_record, make_order("PO-1", supplier=SUPPLIER))
    assert str(error) == (
        "config/targets/wizard/pages.py: cannot be loaded: No module named 'nowhere_to_be_found'"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("def open_form(screen, item): ...\n", None),
        (
            "def open(screen): ...\n",
            "defines none of find, enter, open_form; define one, or delete the file",
        ),
        ("def find(:\n", "is not valid Python: invalid syntax"),
    ],
)
def test_own_pages_are_looked_at_with_the_target(tmp_path, text, problem):
    """A file that nothing would ever call is named by ``check``; none of it is run for that."""
    folder = tmp_path / "config" / "targets" / "mine"
    folder.mkdir(parents=True)
    (folder / "target.yaml").write_text("name: mine\nbase_url: http://127.0.0.1:9\n", "utf-8")
    (folder / "pages.py").write_text(text, "utf-8")
    _, problems = read_targets(tmp_path)
    named = [(one.file, one.problem) for one in problems]
    assert named == ([("config/targets/mine/pages.py", problem)] if problem else [])
