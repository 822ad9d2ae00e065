"""The worked examples of CONTRIBUTING.md work as they are printed."""

import csv
import importlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from clerkwork import clock
from clerkwork.app import open_app
from clerkwork.cli.project import problems_of
from clerkwork.config.files.templates import read_templates, shipped
from clerkwork.documents import kinds
from clerkwork.insight import kpis
from clerkwork.insight.kpi import find_kpis
from clerkwork.intake import extensions, readers, sources
from clerkwork.model.work.schedules import PlannedState
from clerkwork.notify import channels
from clerkwork.notify.contract import Message, SendFailed, open_channel
from clerkwork.store.runs import planned_runs
from clerkwork.store.schema import item
from tests.contracts.test_docs import load_tool
from tests.fixtures_cli import Shell
from tests.fixtures_console import Served
from tests.fixtures_documents import Page, read_words

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = re.compile(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", re.DOTALL)
EXAMPLES = dict(EXAMPLE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
KPI = "clerkwork/insight/kpis/rejected_share.py"
CHANNEL = "clerkwork/notify/channels/file.py"
KIND = "clerkwork/documents/kinds/meter_card.py"
TEMPLATE = "config/templates/packing_slip.yaml"
SOURCE = "clerkwork/intake/sources/timer.py"
READER = "clerkwork/intake/readers/table.py"
BOT = '''
from pydantic import BaseModel

from clerkwork import Run, bot


class Expense(BaseModel):
    """An expense."""

    number: str
    purpose: str = ""


@bot()
def file_expense(expense: Expense, run: Run) -> None:
    """File an expense."""
'''
WORKFLOW = """\
name: expenses
title: Expenses
steps: [{bot: file_expense}]
timer:
  every_minutes: 60
source:
  folder: expenses
  pattern: "*.csv"
  reader: table
  table:
    separator: ";"
schedule:
  every_s: 60
"""

Add = Callable[[ModuleType, str], None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Return what adds an example to the extensions of its folder, for one test."""
    added: list[tuple[ModuleType, str]] = []

    def place(package: ModuleType, path: str) -> None:
        assert Path(path).parent == Path(package.__path__[0]).relative_to(ROOT)
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / Path(path).name).write_text(EXAMPLES[path], "utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        importlib.invalidate_caches()
        find_kpis.cache_clear()
        extensions.shipped.cache_clear()
        added.append((package, Path(path).stem))

    yield place
    find_kpis.cache_clear()
    extensions.shipped.cache_clear()
    for package, name in added:
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


@pytest.fixture
def shell(tmp_path: Path, served_full: Served) -> Shell:
    """Return the commands of a project that has the store of the served console."""
    root = tmp_path / "project"
    for folder in ("bots", "config", "workflows"):
        (root / folder).mkdir(parents=True)
    store = served_full.project.root / "var" / "clerkwork.db"
    (root / "config" / "default.toml").write_text(f'[store]\nurl = "sqlite:///{store}"\n')
    return Shell(root)


def test_new_kpi_appears_everywhere(add: Add, served_full: Served, shell: Shell) -> None:
    """Console, command line, JSON, CSV and the reference show it with no other edit."""
    add(kpis, KPI)
    with served_full.client() as client:
        page = client.get("/metrics?days=all").text
        figure = client.get("/metrics.json?days=all").json()["figures"]["rejected_share"]
    table = csv.DictReader(io.StringIO(shell("metrics", "--csv").out))
    shown = {
        "page": '<span class="label">Rejected</span>' in page,
        "command": "\nrejected_share\t" in shell("metrics").out,
        "csv": "rejected_share" in [row["kpi"] for row in table],
        "json": shell("metrics", "--json").data["figures"]["rejected_share"] == figure,
        "value": figure["value"] == figure["items"] / figure["of"],
        "reference": "| `rejected_share` | Rejected<br>驳回率 |" in load_tool().kpis_page(),
    }
    assert shown == dict.fromkeys(shown, True)


def test_new_channel_is_found_and_sends(add: Add, tmp_path: Path) -> None:
    """A file in the folder is a channel; what it cannot send is an error with a remedy."""
    add(channels, CHANNEL)
    file = tmp_path / "sent.jsonl"
    open_channel("file", {"path": str(file)}).send(Message(title="Rate", text="71.4 %"))
    with pytest.raises(SendFailed, match="Create its folder or make room"):
        open_channel("file", {"path": str(file / "x")}).send(Message(title="Rate", text="low"))
    assert json.loads(file.read_text("utf-8")) == {
        "level": "info",
        "title": "Rate",
        "text": "71.4 %",
    }


def test_new_kind_of_document_is_classified_and_extracted(add: Add, page: Page) -> None:
    """A module in the folder is a kind with its own template and fields."""
    add(kinds, KIND)
    rows = ["METER CARD", "Meter no: 80417725", "Reading: 1834"]
    read = read_words(page(*([(40, row)] for row in rows)), *shipped())
    assert (read.kind, read.values(), read.doubtful()) == (
        "meter_card",
        {"number": "80417725", "reading": "1834"},
        [],
    )


def test_new_kind_in_yaml_is_classified_and_extracted(tmp_path: Path, page: Page) -> None:
    """A template of the project with a free kind needs no code."""
    file = tmp_path / TEMPLATE
    file.parent.mkdir(parents=True)
    file.write_text(EXAMPLES[TEMPLATE], "utf-8")
    templates, problems = read_templates(tmp_path)
    rows = ["Kestrel Supplies Ltd", "Packing slip no: PS-77", "Parcels: 4"]
    read = read_words(page(*([(40, row)] for row in rows)), *templates.values())
    found = {path: read.values()[path] for path in ("number", "parcels")}
    assert (problems, read.kind, found) == (
        [],
        "packing_slip",
        {"number": "PS-77", "parcels": "4"},
    )


@pytest.fixture(params=["toolkit", "project"])
def project(request: pytest.FixtureRequest, add: Add, tmp_path: Path) -> Iterator[Path]:
    """Return a project whose workflow names the new source and the new reader."""
    root = tmp_path / "project"
    files = {"workflows/expenses.yaml": WORKFLOW, "bots/expenses.py": BOT, "config/.keep": ""}
    if request.param == "toolkit":
        add(sources, SOURCE)
        add(readers, READER)
    else:
        files |= {"extensions/sources/timer.py": EXAMPLES[SOURCE]}
        files |= {"extensions/readers/table.py": EXAMPLES[READER]}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    path = list(sys.path)
    yield root
    sys.path[:] = path
    for name in [name for name in sys.modules if name.split(".")[0] in ("bots", "extensions")]:
        del sys.modules[name]


def test_new_source_and_reader_work_in_a_planned_run(project: Path) -> None:
    """One file each, in the toolkit or in the project, and a workflow that names them."""
    file = project / "inbox" / "expenses" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("number;purpose\nE-1;Train\nE-2;Hotel\n", "utf-8")
    app = open_app(project)
    with closing(app), closing(app.reader()) as documents, closing(app.intake(documents)) as intake:
        due = clock.now()
        app.schedule_clock("s-1", intake).fire("expenses", due)
        again = intake.look("expenses")
        with app.store.read() as db:
            runs = planned_runs.list_recent(db, schedule="expenses")
            found = db.execute(item.select()).all()
    rows = {row.reference: (row.payload, row.source.get("row")) for row in found}
    timed = {name: row for name, row in rows.items() if not name.startswith("E-")}
    assert [(run.state, run.items) for run in runs] == [(PlannedState.RAN, 3)]
    assert rows == {
        "E-1": ({"number": "E-1", "purpose": "Train"}, 2),
        "E-2": ({"number": "E-2", "purpose": "Hotel"}, 3),
        **{name: ({"number": name}, None) for name in timed},
    }
    assert (len(timed), file.exists()) == (1 + again, False)  # an hour may end between the looks


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("every_minutes: 60", "every_minute: 60", ":5: unknown key `every_minute`, known keys are"),
        ("every_minutes: 60", "every_minutes: 0", ":5: `timer.every_minutes`: input should be gr"),
        ("separator:", "seperator:", ":11: unknown key `seperator`, known keys are separator; did"),
        ("reader: table", "reader: document", ":9: the reader `document` returns Document, but"),
        ("reader: table", "reader: document", ":10: `source.table` is for the reader `table`, but"),
        (
            "reader: table",
            "reader: tables",
            ":9: `source.reader`: input should be 'document', 'table'",
        ),
        ("schedule:\n  every_s: 60\n", "", ":4: `timer` needs a `schedule` that says when to"),
    ],
)
def test_wrong_keys_of_a_new_source_or_reader_are_named_with_file_and_line(
    project: Path, old: str, new: str, problem: str
) -> None:
    """`clerkwork check` knows their models."""
    file = project / "workflows" / "expenses.yaml"
    file.write_text(WORKFLOW.replace(old, new), "utf-8")
    found = [str(each).removeprefix("workflows/expenses.yaml") for each in problems_of(project)]
    assert [said for said in found if said.startswith(problem)] != [], found


def test_reference_lists_the_keys_of_a_new_source_and_reader(add: Add) -> None:
    """The page is made from what is found."""
    add(sources, SOURCE)
    add(readers, READER)
    page = load_tool().workflows_page()
    assert [
        key
        for key in ("timer", "timer.every_minutes", "source.table", "source.table.separator")
        if f"| `{key}` |" not in page
    ] == []
