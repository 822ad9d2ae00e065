"""The health checks of a running project: one function per subject, each message with a remedy.

Each check is fast on a store with a million items: the page Today runs all of them every few
seconds.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from clerkwork import clock
from clerkwork.config.disk import used_percent
from clerkwork.config.settings import Settings
from clerkwork.engine.core import Core
from clerkwork.engine.runs.reserve import LOG_UNWRITABLE
from clerkwork.insight.health import STORE, Check, CheckResult, Checkup, fail, look, ok, warn
from clerkwork.insight.open_items import open_items
from clerkwork.model.work.items import WorkItem
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store import targets
from clerkwork.store.database import sqlite_file
from clerkwork.store.inbox import left_mails
from clerkwork.store.instants import Milestone, reached
from clerkwork.store.items import items, restored_lookups
from clerkwork.store.runs import planned_runs, workers

SHOWN = 3
BLOCKED_RUNS = 3  # this many in a row are a failure, fewer a warning
LEAST_FREE_GB = 1.0


def look_at(core: Core, settings: Settings, root: Path) -> list[CheckResult]:
    """Run every check on the project, and return the results."""
    return look(CHECKS, Checkup(core=core, settings=settings, root=root, now=clock.now()))


def store(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that the store answers, can be written, and is still the one that was opened."""
    known = checkup.core.store
    if known.stands_for_none:
        yield ok(STORE, "There is no store yet; the first start creates it.")
        return
    try:
        known.check()
        with known.read() as db:
            items.first_arrival(db)
        blocked = _not_writable(checkup)
    except Exception as error:  # noqa: BLE001 - any error means that the store does not answer
        reason = str(error).splitlines()[0]
        advice = "Bring the database back, or correct `store.url` in config/."
        yield fail(
            STORE, "The store {url} does not answer: {why}", advice, url=known.url, why=reason
        )
        return
    if blocked is None:
        yield ok(STORE, "{url} answers and can be written.", url=known.url)
        return
    message = "This user cannot write {path}: no item can be accepted or processed."
    advice = "Give it to the user that the service runs as: `chown -R USER {path}`."
    yield fail(STORE, message, advice, path=blocked)


def room(checkup: Checkup) -> Iterator[CheckResult]:
    """Check the free space on the disks of the store, the logs, the evidence and the inbox."""
    folders = _folders(checkup)
    limits = checkup.settings.retention
    facts = {"claims": f"{limits.disk_claims_percent:g}"}
    for names, folder in folders:
        percent, free_gb = used_percent(folder), _free_gb(folder)
        facts |= {"names": names, "used": f"{percent:.0f}", "free": f"{free_gb:.1f}"}
        if percent >= limits.disk_claims_percent:
            yield fail(
                "disk",
                "The disk of {names} is {used} % full (limit {claims} %): intake and workers have "
                "stopped.",
                "Free space there, run `clerkwork tidy`, or shorten the periods under `retention`.",
                **facts,
            )
        elif percent >= limits.disk_evidence_percent or free_gb < LEAST_FREE_GB:
            yield warn(
                "disk",
                "The disk of {names} is {used} % full, {free} GB are free; intake and "
                "workers stop at {claims} %.",
                "Free space there, run `clerkwork tidy`, or shorten the periods under `retention`.",
                **facts,
            )
        else:
            yield ok("disk", "{free} GB are free on the disk of {names}.", **facts)


def logs(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that the run log can be written, on this host and on those of the workers."""
    problem = checkup.core.log.problem()
    if problem is not None:
        facts = {"path": problem.path, "why": problem.why}
        yield fail(
            "logs",
            "The log {path} cannot be written: {why}. No item is started on this host.",
            problem.advice,
            **facts,
        )
        return
    with checkup.core.store.read() as db:
        blocked = items.one_postponed(db, LOG_UNWRITABLE)
    if blocked is None:
        yield ok("logs", "The run logs can be written.")
        return
    yield fail(
        "logs",
        "Items wait: {reason}",
        "On that host, make the service's user the owner of the logs, or free space.",
        reason=blocked.reason,
    )


def at_work(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that a worker is alive for each queue that has items."""
    core, since = checkup.core, checkup.now - timedelta(seconds=checkup.settings.worker.lease_s)
    with core.store.read() as db:
        alive = workers.alive(db, since=since)
        served = {queue for worker in alive for queue in worker.queues}
        lonely = [
            queue
            for queue in core.queues()
            if queue not in served and items.has_work(db, queue, now=checkup.now)
        ]
    advice = "Start one: `clerkwork work`, or `systemctl start` its unit."
    if lonely:
        message = "Items wait in the queue {queues}, and no worker for it is alive."
        yield fail("workers", message, advice, queues=", ".join(lonely))
    elif alive:
        names = ", ".join(worker.name for worker in alive)
        yield ok("workers", "Alive: {names}.", names=names)
    else:
        yield warn("workers", "No worker is alive; no item waits for one.", advice)


def waiting(checkup: Checkup) -> Iterator[CheckResult]:
    """Check how long the oldest item has waited that nothing blocks."""
    longest = timedelta(minutes=checkup.settings.health.waiting_minutes)
    with checkup.core.store.read() as db:
        oldest = items.oldest_waiting(db)
    if oldest is None:
        yield ok("waiting", "No item waits for a worker.")
        return
    facts = _facts(oldest, checkup.now)
    if checkup.now - oldest.updated < longest:
        yield ok("waiting", "The oldest item has waited for {minutes} minutes.", **facts)
        return
    yield warn(
        "waiting",
        "Item {item} ({reference}, queue {queue}) has waited for {minutes} minutes.",
        "Start more workers if the queue is long; if not, open the item's page and edit the item.",
        **facts,
    )


def missing_workflows(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that the project has the workflow of every open item."""
    with checkup.core.store.read() as db:
        found = items.of_other_workflows(db, list(checkup.core.workflows))
    for workflow, number in found.items():
        yield fail(
            f"workflow {workflow}",
            "{number} open items belong to the workflow {workflow}, which the project does not "
            "have.",
            "Restore workflows/{workflow}.yaml and restart the workers, or cancel its items: "
            "`clerkwork items cancel --workflow {workflow}`.",
            number=number,
            workflow=workflow,
        )


def stopped_targets(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that no target is paused and no circuit breaker is open."""
    with checkup.core.store.read() as db:
        states = [targets.get(db, name) for name in sorted(checkup.core.targets)]
    for state in states:
        if state is None:
            continue
        check = f"target state {state.target}"
        facts = {"target": state.target, "who": state.held_by, "why": state.reason}
        if state.held_by is not None:
            yield warn(
                check,
                "{who} paused the target {target}: {why}",
                "When that is over: `clerkwork targets resume {target}`.",
                **facts,
            )
        elif state.open_until is not None:
            yield warn(
                check,
                "The target {target} fails; the next try is at {until}: {why}",
                "Check the target; once it works, `clerkwork targets resume {target}` resumes it "
                "at once.",
                until=f"{state.open_until:%Y-%m-%d %H:%M:%S} UTC",
                **facts,
            )


def schedules(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that the latest planned run of each schedule was not blocked."""
    names = sorted(
        name for name, flow in checkup.core.workflows.items() if flow.schedule is not None
    )
    with checkup.core.store.read() as db:
        newest = {
            name: planned_runs.list_recent(db, limit=BLOCKED_RUNS, schedule=name) for name in names
        }
    for name, runs in newest.items():
        blocked = [run.state is PlannedState.BLOCKED for run in runs]
        if not blocked or not blocked[0]:
            continue
        found = fail if all(blocked) and len(blocked) == BLOCKED_RUNS else warn
        yield found(
            f"schedule {name}",
            "The last planned run of {workflow} was blocked: {problem}",
            "Fix the cause; the next planned run collects what was missed.",
            workflow=name,
            problem=runs[0].reason,
        )


def mails(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that no mail was left unread in a mailbox for a person to read."""
    mailboxes = {
        name: flow.sources["mail"]
        for name, flow in checkup.core.workflows.items()
        if "mail" in flow.sources
    }
    with checkup.core.store.read() as db:
        found = {name: left_mails.count(db, name) for name in sorted(mailboxes)}
    for name, number in found.items():
        if number:
            yield warn(
                f"mail {name}",
                "{number} mails for {workflow} were left unread in the mailbox {user}.",
                "Enter their orders by hand or reply, then mark the mails as read; "
                "`clerkwork logs` lists each one with its reason.",
                number=number,
                workflow=name,
                user=getattr(mailboxes[name], "username", ""),
            )


def backups(checkup: Checkup) -> Iterator[CheckResult]:
    """Check the age of the last backup; a store without items needs none."""
    hours = checkup.settings.health.backup_hours
    if not hours:
        return
    with checkup.core.store.read() as db:
        last = reached(db, Milestone.BACKED_UP)
        begun = items.first_arrival(db)
    oldest = checkup.now - timedelta(hours=hours)
    advice = "Run `clerkwork backup FILE` by cron; docs/how-to/operate.md shows the line."
    if last is not None:
        facts = {"at": f"{last:%Y-%m-%d %H:%M} UTC"}
        if last < oldest:
            yield warn("backup", "The last backup is of {at}.", advice, **facts)
        else:
            yield ok("backup", "The last backup is of {at}.", **facts)
    elif begun is not None and begun < oldest:
        yield warn("backup", "The store has never been backed up.", advice)
    else:
        yield ok("backup", "The store is new.")


def restore(checkup: Checkup) -> Iterator[CheckResult]:
    """Check whether work still waits for lookups after a restore."""
    with checkup.core.store.read() as db:
        left: Sequence[WorkItem] | None = (
            restored_lookups.left(db) if restored_lookups.is_held(db) else None
        )
    if left is None:
        return
    said = "; ".join(
        f"{one.workflow} {one.reference} in queue {one.queue} is {one.state}"
        + (f": {one.reason}" if one.reason else "")
        for one in left[:SHOWN]
    )
    yield warn(
        "restore",
        "After the restore, work waits for lookups in the targets; {number} left: {names}",
        "A worker of their queues does the lookups; to skip them: "
        "`clerkwork reconcile --waive WHY`.",
        number=len(left),
        names=(said or "none") + (f"; {len(left) - SHOWN} more" if len(left) > SHOWN else ""),
    )


def evidence(checkup: Checkup) -> Iterator[CheckResult]:
    """Check that the evidence is below its size limit."""
    with checkup.core.store.read() as db:
        over = reached(db, Milestone.OVER_CAP) is not None
    if over:
        yield warn(
            "evidence",
            "The evidence is over its cap `retention.evidence_max_gb`, and nothing more of it may "
            "be deleted.",
            "Raise the cap, or shorten the retention periods.",
        )


CHECKS: tuple[Check, ...] = (
    store,
    room,
    logs,
    at_work,
    waiting,
    open_items,
    missing_workflows,
    stopped_targets,
    schedules,
    mails,
    backups,
    restore,
    evidence,
)


def _not_writable(checkup: Checkup) -> Path | None:
    """Return the file or folder of a SQLite store that this user may not write, or None."""
    if not checkup.settings.store.url.startswith("sqlite"):
        return None
    file = sqlite_file(checkup.settings.store.url, checkup.root)
    return next((path for path in (file, file.parent) if not os.access(path, os.W_OK)), None)


def _folders(checkup: Checkup) -> list[tuple[str, Path]]:
    """Return one folder per disk, with the names of all checked folders on that disk."""
    known = checkup.settings.folders
    folders = {name: checkup.root / getattr(known, name) for name in ("logs", "evidence", "inbox")}
    if checkup.settings.store.url.startswith("sqlite"):
        folders = {STORE: sqlite_file(checkup.settings.store.url, checkup.root).parent, **folders}
    disks: dict[int, list[str]] = {}
    there = {name: _existing(folder) for name, folder in folders.items()}
    for name, folder in there.items():
        disks.setdefault(folder.stat().st_dev, []).append(name)
    return [(", ".join(names), there[names[0]]) for names in disks.values()]


def _existing(folder: Path) -> Path:
    """Return *folder*, or its nearest parent that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _free_gb(folder: Path) -> float:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize / 1e9


def _facts(item: WorkItem, now: datetime) -> dict[str, object]:
    return {
        "item": item.id,
        "reference": item.reference,
        "queue": item.queue,
        "minutes": int((now - item.updated).total_seconds() // 60),
    }
