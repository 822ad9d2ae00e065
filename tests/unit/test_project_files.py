"""Workflows, targets and what must fit between them, each problem with its file and line."""

import shutil
from pathlib import Path

import pytest

from clerkwork import Document, PurchaseOrder, Receipt, bot
from clerkwork.config.check import check_all
from clerkwork.config.files.targets import load_targets
from clerkwork.config.files.workflows import load_workflows, workflow_schema
from clerkwork.config.settings import Settings, load_settings
from clerkwork.errors import ConfigError
from clerkwork.intake.extensions import shipped

HOME = Path(__file__).resolve().parents[2]
ORDERS = """\
name: orders
title: Orders
source:
  folder: orders
  reader: workbook
schedule:
  every_s: 2
steps:
  - bot: enter
"""
SCANS = """\
name: scans
title: Scans
reference: name
source:
  folder: scans
  reader: document
steps:
  - bot: read
  - submit: orders
"""


ERP = "config/targets/erp/target.yaml"


@bot(target="erp")
def enter(order: PurchaseOrder, run: object) -> Receipt:
    """Enter."""


@bot()
def read(document: Document, run: object) -> PurchaseOrder:
    """Read."""


BOTS = {"enter": enter, "read": read}


@pytest.fixture
def write(tmp_path):
    def write(path: str, text: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return tmp_path

    write("workflows/orders.yaml", ORDERS)
    write("workflows/scans.yaml", SCANS)
    write(ERP, "name: erp\nbase_url: http://erp\npassword: ${ERP:-x}\n")
    return write


def said(root: Path) -> list[str]:
    own = shipped()
    problems = check_all(root, BOTS, model=own.workflow, reads=own.reads)
    return [str(problem) for problem in problems]


def test_a_right_project_has_no_problems(write, tmp_path):
    """The other tests of this module change one line of it each."""
    assert said(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name: orders", "name: order", "orders.yaml:1: `name` is 'order' but the file is orders"),
        ("bot: enter", "bot: entr", "orders.yaml:9: there is no bot `entr`; known: enter,"),
        ("bot: enter", "submit: scans", "orders.yaml:9: the first step must be a bot"),
        ("folder: orders", "folder: ../x", "orders.yaml:4: `source.folder` must be a folder"),
        ("folder: orders", "folder: /etc", "orders.yaml:4: `source.folder` must be a folder"),
        ("folder: orders", "folder: scans", "scans.yaml:5: the workflow `orders` reads the same"),
        ("reader: workbook", "reader: document", "orders.yaml:5: the reader `document` returns"),
        ("every_s: 2", 'cron: "* *"', "orders.yaml:7: `schedule`: `cron` has 2 fields"),
        ("every_s: 2", 'cron: "99 * * * *"', "orders.yaml:7: `schedule`: "),
        (
            "every_s: 2",
            'cron: "* * * * *"\n  timezone: Mars/Base',
            "orders.yaml:8: `schedule`: the time zone 'Mars/Base' is not known",
        ),
        ("every_s: 2", "every_s: -2", "orders.yaml:7: `schedule.every_s`: input should be great"),
        (
            "every_s: 2",
            "every_s: 1.0e+300",
            "orders.yaml:7: `schedule.every_s`: input should be less than or equal to 315360000,",
        ),
        ("every_s: 2", "every_s: .inf", "orders.yaml:7: `schedule.every_s`: input should be a fin"),
        (
            "title: Orders",
            "title: Orders\nretry:\n  wait_s: .inf",
            "orders.yaml:4: `retry.wait_s`: input should be a finite number, found inf",
        ),
        ("title: Orders", "title: Orders\ngroup_key: vendor", "orders.yaml:3: `group_key` is 've"),
        ("title: Orders", "title: Orders\ngroup: all", "orders.yaml:1: `group` says who shares"),
    ],
)
def test_each_problem_names_file_and_line(write, tmp_path, old, new, problem):
    """One slip, one sentence that says where."""
    write("workflows/orders.yaml", ORDERS.replace(old, new))
    assert [text for text in said(tmp_path) if text.startswith(f"workflows/{problem}")]


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("workflows/scans.yaml", SCANS.replace("submit: orders", "submit: order"), "scans.yaml:9"),
        ("workflows/scans.yaml", SCANS.replace("- submit: orders", "- bot: read"), "scans.yaml:9"),
        ("workflows/old.yml", ORDERS.replace("orders", "old"), "workflows/old.yml: rename it to"),
        (
            ERP,
            "name: erp\nbase_url: ${NO}\n",
            "target.yaml:2: the environment",
        ),
        (
            ERP,
            "name: erp\nbase_url: http://erp\nslowest_commit_s: .nan\n",
            "target.yaml:3: `slowest_commit_s`: input should be a finite number",
        ),
        ("config/targets/old.yaml", "name: old\n", "move it to config/targets/old/target.yaml"),
        ("config/targets/void/notes.md", "", "config/targets/void: has no target.yaml; write it"),
        (
            "config/targets/crm/target.yaml",
            "name: erp\nbase_url: http://crm\n",
            "crm/target.yaml:1: `name` is 'erp' but the folder is crm; make them the same",
        ),
        ("config/default.toml", "[worker]\npoll_s = -1\n", "config/default.toml: worker.poll_s"),
        ("config/default.toml", "[worker]\npoll_s = inf\n", "config/default.toml: worker.poll_s"),
        ("config/default.toml", "[worker]\npoll_s = nan\n", "config/default.toml: worker.poll_s"),
        (
            "config/default.toml",
            "[worker]\nlease_s = 1e300\n",
            "worker.lease_s: Input should be less than or equal to 315360000, found 1e+300",
        ),
    ],
)
def test_the_other_files_are_checked_too(write, tmp_path, path, text, problem):
    """Hand-overs, old endings, targets and settings."""
    write(path, text)
    assert [text for text in said(tmp_path) if problem in text]


def test_a_target_nobody_wrote_is_a_problem_of_the_workflow(write, tmp_path):
    """The line is that of the bot which needs it."""
    shutil.rmtree(tmp_path / "config/targets/erp")
    assert said(tmp_path) == [
        "workflows/orders.yaml:9: the bot `enter` needs the target `erp`; "
        "write config/targets/erp/target.yaml"
    ]


def test_workflow_may_name_another_target(write, tmp_path):
    """Its bots enter data there; a target nobody wrote is named in the line that wants it."""
    crm = "name: crm\nbase_url: http://crm\nform: {}\n"
    write("workflows/orders.yaml", ORDERS + "target: crm\n")
    before = said(tmp_path)
    write("config/targets/crm/target.yaml", crm.replace("form: {}\n", ""))
    after = said(tmp_path)
    write("config/targets/crm/target.yaml", crm.replace("{}", "{fields: {a: {wods: A}}}"))
    wrong = [text for text in said(tmp_path) if "wods" in text]
    assert (before, after) == (
        [
            "workflows/orders.yaml:10: there is no target `crm`; "
            "write config/targets/crm/target.yaml"
        ],
        [],
    )
    assert wrong[0].startswith("config/targets/crm/target.yaml:3: unknown key `wods`")
    assert "did you mean `words`?" in wrong[0]


SHOP = """name: shop
base_url: http://shop
guarantee: {}
form:
  reference: number
  address: /
  fields: {{number: Number}}
  submit: [Save]
  confirmation: Receipt no.
"""
FIND = "def find(screen, item):\n    return []\n"


@pytest.mark.parametrize(
    ("guarantee", "pages", "missing"),
    [
        ("searchable", None, True),
        ("unique-ref", "def open_form(screen, item): ...\n", True),
        ("searchable", FIND, False),
        ("blind", None, False),
    ],
)
def test_form_without_its_search_is_named(write, tmp_path, guarantee, pages, missing):
    """Nothing could be entered; only a blind target, or one with a `find` of its own, has none."""
    write("config/targets/shop/target.yaml", SHOP.format(guarantee))
    if pages is not None:
        write("config/targets/shop/pages.py", pages)
    place = f"config/targets/shop/target.yaml:4: `search` is missing: with `guarantee: {guarantee}`"
    assert [text.startswith(place) for text in said(tmp_path)] == [True] * missing


def test_workflows_that_submit_to_each_other_are_refused(write, tmp_path):
    """Items would be submitted for ever."""
    write("workflows/orders.yaml", ORDERS + "  - submit: scans\n")
    assert [text for text in said(tmp_path) if "endless loop" in text] == [
        "workflows/orders.yaml:10: `scans` submits items to `orders` again: an endless loop; "
        "remove one `submit`",
        "workflows/scans.yaml:9: `orders` submits items to `scans` again: an endless loop; "
        "remove one `submit`",
    ]


def test_all_problems_are_collected(write, tmp_path):
    """One wrong file does not hide another."""
    write("workflows/orders.yaml", "name: [\n")
    write("workflows/scans.yaml", SCANS.replace("title", "titel"))
    write(ERP, "base_url: x\n")
    places = [text.split(": ")[0] for text in said(tmp_path)]
    assert sorted(places) == [
        "config/targets/erp/target.yaml:1",
        "workflows/orders.yaml:2",
        "workflows/scans.yaml:1",
        "workflows/scans.yaml:2",
    ]


def test_every_problem_of_the_settings_names_its_strongest_source(write, tmp_path, monkeypatch):
    """Environment variable before environment file before default file."""
    monkeypatch.setenv("CLERKWORK_ENVIRONMENT", "night")
    monkeypatch.setenv("CLERKWORK_WORKER__POLL_S", "0")
    write("config/default.toml", "[worker]\npoll_s = 1\nconcurrency = 0\nspeed = 1\n")
    write("config/night.toml", "[console]\nport = 70000\n")
    assert sorted(text.split(": ")[0] + text.split(":")[1] for text in said(tmp_path)) == [
        "config/default.toml worker.concurrency",
        "config/default.toml worker.speed",
        "config/night.toml console.port",
        "environment variable CLERKWORK_WORKER__POLL_S worker.poll_s",
    ]


def test_an_environment_nobody_wrote_is_an_error(write, tmp_path, monkeypatch):
    """A slip in the variable must not start the defaults in production."""
    monkeypatch.setenv("CLERKWORK_ENVIRONMENT", "prod")
    assert said(tmp_path) == [
        "config/prod.toml: does not exist; write it, or correct the variable CLERKWORK_ENVIRONMENT"
    ]


def test_loading_stops_at_the_first_problem(write, tmp_path):
    """A worker does not start with half a configuration."""
    write("workflows/orders.yaml", ORDERS.replace("bot:", "bott:"))
    with pytest.raises(ConfigError, match=r"^workflows/orders\.yaml:9: "):
        load_workflows(tmp_path, shipped().workflow)


def test_targets_take_variables_from_the_environment(write, tmp_path):
    """The secret is in no file."""
    (target,) = load_targets(tmp_path, {"ERP": "hidden"}).values()
    assert target.password.get_secret_value() == "hidden"
    assert "hidden" not in repr(target)


def test_the_schema_names_every_key_of_a_workflow_with_its_description():
    """Editors complete from it."""
    schema = workflow_schema(shipped().workflow)
    assert set(schema["properties"]) >= {"name", "source", "schedule", "steps", "retry"}
    assert schema["properties"]["name"]["description"]


def test_the_shipped_settings_are_the_defaults():
    """The file documents; it must not drift away from the code."""
    assert load_settings(HOME) == Settings.model_construct()
    said = remarks((HOME / "config/default.toml").read_text("utf-8"))
    wanted = {
        name: field.description
        for section in Settings.model_fields.values()
        for name, field in section.annotation.model_fields.items()
    }
    assert {name: words for name, words in wanted.items() if words not in said[name]} == {}


def remarks(text):
    """Return the comment above each value by the value's name, its lines joined."""
    found, lines = {}, []
    for line in text.splitlines():
        if line.startswith("# "):
            lines.append(line.removeprefix("# "))
            continue
        if " = " in line:
            name = line.partition(" = ")[0]
            found[name] = found.get(name, "") + " ".join(lines) + "\n"
        lines = []
    return found


def test_the_shipped_workflows_are_right():
    """What operations copy from must be an example."""
    names = {"purchase_orders", "form_extraction", "tryton_orders"}
    assert set(load_workflows(HOME, shipped().workflow)) == names
