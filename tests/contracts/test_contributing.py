"""The worked examples of CONTRIBUTING.md work as they are printed."""

import csv
import importlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from clerkwork.config.files.templates import read_templates, shipped
from clerkwork.documents import kinds
from clerkwork.insight import kpis
from clerkwork.insight.kpi import find_kpis
from clerkwork.notify import channels
from clerkwork.notify.contract import Message, SendFailed, open_channel
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

Add = Callable[[ModuleType, str], None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Return what adds an example to the extensions of its folder, for one test."""
    added: list[tuple[ModuleType, str]] = []

    def place(package: ModuleType, path: str) -> None:
        assert Path(path).parent == Path(package.__path__[0]).relative_to(ROOT)
        (tmp_path / Path(path).name).write_text(EXAMPLES[path], "utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        importlib.invalidate_caches()
        find_kpis.cache_clear()
        added.append((package, Path(path).stem))

    yield place
    find_kpis.cache_clear()
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
