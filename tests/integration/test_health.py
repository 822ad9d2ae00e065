"""What the checks of a running project find; `doctor`, `/health` and Today show the same."""

import ast
from datetime import timedelta
from pathlib import Path
from string import ascii_uppercase

import httpx
import pytest

from clerkwork import clock
from clerkwork.config.settings import RetentionSettings, Settings, StoreSettings
from clerkwork.discover import catalog_files
from clerkwork.engine import log_lines
from clerkwork.insight import checks
from clerkwork.insight.health import CheckResult, Checkup, State, look
from clerkwork.intake.sources.mail import Mail
from clerkwork.model.project.targets import Target
from clerkwork.model.work.items import NewItem
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store import instants, targets
from clerkwork.store.inbox import left_mails
from clerkwork.store.instants import Milestone
from clerkwork.store.items import restored_lookups, transitions
from clerkwork.store.runs import planned_runs, workers
from clerkwork.web import i18n

HOME = Path(__file__).parent.parent.parent
ORDER = {"number": "PO-1", "supplier": "Acme"}
FULL = RetentionSettings(disk_claims_percent=0)


@pytest.fixture
def project(console_project):
    return console_project


def add_order(project, *, age: timedelta = timedelta()) -> int:
    """Add an item that waits for a worker since *age*."""
    new = NewItem(workflow="purchase_orders", reference="PO-1", payload=ORDER, source={})
    number = project.engine.submit(new).item_id
    arrived_ms = clock.to_ms(clock.now() - age)
    with project.store.write() as db:
        db.exec_driver_sql("UPDATE item SET arrived_ms=:at, updated_ms=:at", {"at": arrived_ms})
    return number


def add_worker(project, *queues: str) -> None:
    with project.store.write() as db:
        workers.register(db, "w-1", host="h", pid=1, now=clock.now(), queues=queues)


def add_runs(project, *states: PlannedState) -> None:
    """Add planned runs of the schedule, the oldest first."""
    with project.store.write() as db:
        for number, state in enumerate(states):
            at = clock.now() - timedelta(minutes=len(states) - number)
            planned_runs.claim(db, "purchase_orders", at, worker="w", now=at)
            done = {"state": state, "items": 0, "reason": "The share is gone."}
            planned_runs.finish(db, "purchase_orders", at, now=at, **done)


def results(project, check: str, settings: Settings | None = None) -> list[tuple[State, str]]:
    found = checks.look_at(project.engine.core, settings or project.settings, project.root)
    return [(one.state, one.found) for one in found if one.check == check]


def test_new_project_has_nothing_but_a_missing_worker(project):
    """Nothing that is not yet needed is a failure."""
    found = checks.look_at(project.engine.core, project.settings, project.root)
    assert {one.check: one.state for one in found} == {
        "store": State.OK,
        "disk": State.OK,
        "logs": State.OK,
        "workers": State.WARN,
        "waiting": State.OK,
        "backup": State.OK,
    }


def test_items_without_a_worker_for_their_queue_are_a_failure(project):
    """A worker of another queue does not help."""
    add_order(project)
    add_worker(project, "documents")
    said = "Items wait in the queue portal, and no worker for it is alive."
    assert results(project, "workers") == [(State.FAIL, said)]


def test_queue_without_items_needs_no_worker(project):
    """Workers may be started for some queues only."""
    add_order(project)
    add_worker(project, "portal")
    assert results(project, "workers") == [(State.OK, "Alive: w-1.")]


def test_item_that_waits_too_long_is_named(project):
    """Its number, reference, queue and age are shown."""
    number = add_order(project, age=timedelta(minutes=61, seconds=30))
    said = f"Item {number} (PO-1, queue portal) has waited for 61 minutes."
    assert results(project, "waiting") == [(State.WARN, said)]


def test_stopped_target_is_named_with_the_person_and_the_reason(project):
    """A person did it on purpose, so it is a warning."""
    project.engine.core.targets["erp"] = Target(name="erp", base_url="http://erp.test")
    with project.store.write() as db:
        targets.know(db, "erp", now=clock.now())
        targets.hold(db, "erp", who="li", reason="new version", now=clock.now())
    said = "li paused the target erp: new version"
    assert results(project, "target state erp") == [(State.WARN, said)]


def test_open_breaker_is_named_with_the_instant_of_the_next_try(project):
    """It closes by itself, so it is a warning."""
    project.engine.core.targets["erp"] = Target(name="erp", base_url="http://erp.test")
    until = clock.now() + timedelta(minutes=1)
    with project.store.write() as db:
        targets.know(db, "erp", now=clock.now())
        targets.count_failure(db, "erp", limit=1, until=until, reason="HTTP 500", now=clock.now())
    said = f"The target erp fails; the next try is at {until:%Y-%m-%d %H:%M:%S} UTC: HTTP 500"
    assert results(project, "target state erp") == [(State.WARN, said)]


def test_open_items_of_a_workflow_that_the_project_does_not_have_are_a_failure(project):
    """Nobody works on them."""
    add_order(project)
    del project.engine.core.workflows["purchase_orders"]
    said = "1 open items belong to the workflow purchase_orders, which the project does not have."
    assert results(project, "workflow purchase_orders") == [(State.FAIL, said)]


def test_mails_that_were_left_for_a_person_are_counted(project):
    """They stay unread in the mailbox that is named."""
    mail = Mail(host="imap.test", username="orders@example.com", password_variable="X")
    flow = project.engine.core.workflow("purchase_orders")
    project.engine.core.workflows["purchase_orders"] = flow.model_copy(update={"mail": mail})
    with project.store.write() as db:
        for uid in "12":
            left_mails.add(db, "purchase_orders", "m", uid, now=clock.now())
    said = "2 mails for purchase_orders were left unread in the mailbox orders@example.com."
    assert results(project, "mail purchase_orders") == [(State.WARN, said)]


def test_log_that_a_worker_elsewhere_cannot_write_is_a_failure(project):
    """The reason for which items wait names the host."""
    number = add_order(project)
    reason = "The log /srv/logs on the host erp-2 cannot be written: Permission denied."
    with project.store.write() as db:
        facts = {"not_before": None, "code": "log_unwritable", "reason": reason}
        transitions.defer(db, number, **facts, now=clock.now())
    assert results(project, "logs") == [(State.FAIL, f"Items wait: {reason}")]


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ((PlannedState.BLOCKED, PlannedState.RAN), None),
        ((PlannedState.RAN, PlannedState.BLOCKED), State.WARN),
        ((PlannedState.BLOCKED,) * 3, State.FAIL),
    ],
)
def test_schedule_that_stays_blocked_is_a_failure(project, runs, state):
    """One blocked run is a warning, three in a row are a failure, one that is over is neither."""
    add_runs(project, *runs)
    said = "The last planned run of purchase_orders was blocked: The share is gone."
    expected = [] if state is None else [(state, said)]
    assert results(project, "schedule purchase_orders") == expected


def test_old_backup_is_a_warning(project):
    """Its instant is shown."""
    last = clock.now() - timedelta(hours=27)
    with project.store.write() as db:
        instants.reach(db, Milestone.BACKED_UP, now=last)
    assert results(project, "backup") == [
        (State.WARN, f"The last backup is of {last:%Y-%m-%d %H:%M} UTC.")
    ]


def test_store_that_was_never_backed_up_is_a_warning_after_a_day(project):
    """A store of today has nothing to be backed up yet."""
    add_order(project, age=timedelta(hours=27))
    assert results(project, "backup") == [(State.WARN, "The store has never been backed up.")]


def test_hold_after_a_restore_is_a_warning(project):
    """It ends by itself when a worker looked all up."""
    with project.store.write() as db:
        restored_lookups.hold(db, lambda _item: False, now=clock.now())
    said = "After the restore, work waits for lookups in the targets; 0 left: none"
    assert results(project, "restore") == [(State.WARN, said)]


def test_full_disk_is_a_failure(project):
    """At the limit, intake and workers have stopped."""
    ((state, said),) = results(project, "disk", Settings(retention=FULL))
    assert (state, said.endswith("full (limit 0 %): intake and workers have stopped.")) == (
        State.FAIL,
        True,
    )


def test_disk_of_the_store_alone_is_looked_at(project, tmp_path):
    """A store on a mount of its own is not covered by the project's disk."""
    other = Path("/dev/shm")  # noqa: S108 - nothing is written there
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second disk")
    settings = Settings(store=StoreSettings(url=f"sqlite:///{other}/store.db"))
    named = [
        said.partition(" on the disk of ")[2] for _, said in results(project, "disk", settings)
    ]
    assert sorted(named) == ["logs, evidence, inbox.", "store."]


def test_check_that_cannot_be_run_is_a_failure(project):
    """Silence is never taken for health."""

    def broken(_checkup: Checkup) -> list[CheckResult]:
        raise OSError("no such device")

    checkup = Checkup(
        core=project.engine.core, settings=project.settings, root=project.root, now=clock.now()
    )
    found = look([broken], checkup)
    assert [(one.check, one.state) for one in found] == [("broken", State.FAIL)]


def test_health_is_503_while_a_check_fails(served):
    """Monitoring needs no knowledge of the checks: the status says it, the body why."""
    add_order(served.project)
    answer = httpx.get(f"{served.address}/health")
    wrong = [one["check"] for one in answer.json()["checks"] if one["state"] == "fail"]
    assert (answer.status_code, answer.json()["status"], wrong) == (503, "fail", ["workers"])


def test_today_shows_what_is_wrong_and_what_to_do(served):
    """In the reader's language, with the remedy."""
    add_order(served.project)
    with served.client() as client:
        text = client.get("/?lang=zh").text
    assert ("没有工作进程在运行" in text, "<code>systemctl start</code>" in text) == (True, True)


def test_every_sentence_of_a_check_is_translated():
    """A console in Chinese shows no warning in English."""
    chinese = {
        message
        for file in catalog_files(HOME)
        for message, text in i18n.read_catalogue(file).items()
        if text
    }
    folder = Path(checks.__file__).parent
    said = set().union(*(sentences_in(folder / name) for name in ("checks.py", "health.py")))
    said |= set(log_lines.ADVICE.values()) | {log_lines.OTHER}
    assert said - chinese == set()


def sentences_in(file: Path) -> set[str]:
    """Return the constant sentences in the code of *file*, docstrings left out."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docs]
    said = {node.value for node in constants if isinstance(node.value, str)}
    return {text for text in said if len(text.split()) > 2 and text[0] in "{" + ascii_uppercase}
