"""The composition root: the one module that names concrete adapters and assembles a project."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from loguru import logger

from clerkwork.browser.process.host import BrowserHost
from clerkwork.browser.process.login_state import LoginStates
from clerkwork.config.disk import fullest_percent, used_percent
from clerkwork.config.files.calendars import load_calendars, read_calendars
from clerkwork.config.files.targets import load_targets, read_targets
from clerkwork.config.files.templates import load_templates, read_templates
from clerkwork.config.files.thresholds import load_thresholds
from clerkwork.config.files.workflows import load_workflows, read_workflows
from clerkwork.config.secrets import known_secrets, session_key
from clerkwork.config.settings import Settings, load_settings
from clerkwork.discover import find_bots, load_bots
from clerkwork.documents.reader import DocumentReader
from clerkwork.engine.core import Core
from clerkwork.engine.document_policy import Judging
from clerkwork.engine.effects.reconcile import Reconciliation
from clerkwork.engine.facade import Engine
from clerkwork.engine.operate.retention import Tidying
from clerkwork.engine.run_log import RunLog
from clerkwork.engine.schedule.planned_runs import calls_on
from clerkwork.engine.schedule.schedule_clock import Calls, ScheduleClock
from clerkwork.engine.workers.worker import Worker
from clerkwork.errors import ApplicationException
from clerkwork.intake.extensions import Extensions, find_extensions, load_extensions
from clerkwork.intake.intake import Intake
from clerkwork.intake.master_data import FreshMaster
from clerkwork.model.bots import Bot
from clerkwork.model.project.calendars import Calendar
from clerkwork.model.project.document_templates import Template
from clerkwork.model.project.targets import Target
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.events import Kind, Level
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, sqlite_file
from clerkwork.store.items import restored_lookups
from clerkwork.store.own_store import open_own

FULL = "The disk is nearly full: no input is accepted. Free space, or call `clerkwork tidy`."


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An open project.

    Attributes:
        root: The project's folder.
        evidence: Folder of content-addressed files: ``<first two digits>/<sha256><suffix>``.
    """

    root: Path
    settings: Settings
    extensions: Extensions
    workflows: dict[str, Workflow]
    targets: dict[str, Target]
    calendars: dict[str, Calendar]
    templates: dict[str, Template]
    bots: dict[str, Bot]
    store: Store
    engine: Engine

    @property
    def evidence(self) -> Path:
        """Return the folder of evidence."""
        return self.root / self.settings.folders.evidence

    @property
    def inbox(self) -> Path:
        """Return the folder whose subfolders are watched for input files."""
        return self.root / self.settings.folders.inbox

    def cannot_claim(self) -> bool:
        """Return whether the disk of the store's file or of the logs is too full to start anything.

        The disk of a database server is not checked.
        """
        folders = [self.root / self.settings.folders.logs]
        if self.settings.store.url.startswith("sqlite"):
            folders.append(sqlite_file(self.settings.store.url, self.root).parent)
        return fullest_percent(folders) >= self.settings.retention.disk_claims_percent

    def cannot_take_in(self) -> bool:
        """Return whether no input may be accepted: as above, or no room is left for the copies."""
        limit = self.settings.retention.disk_claims_percent
        return self.cannot_claim() or used_percent(self.evidence) >= limit

    def no_intake(self) -> str:
        """Return why no input may be accepted now, with a remedy; empty when it may."""
        if self.cannot_take_in():
            return FULL
        with self.store.read() as db:
            return restored_lookups.REASON if restored_lookups.is_held(db) else ""

    def reader(self) -> DocumentReader:
        """Return a new document reader; close it after use."""
        cache = self.root / self.settings.folders.cache
        master = FreshMaster(self.root)
        return DocumentReader(
            self.settings.documents,
            self.evidence,
            cache,
            master,
            templates=list(self.templates.values()),
        )

    def browser(self, owner: str) -> BrowserHost:
        """Return a new browser for the worker *owner*; close it after use."""
        return BrowserHost(
            self.settings.browser,
            self.evidence,
            root=self.root,
            owner=owner,
            full_percent=self.settings.retention.disk_evidence_percent,
            logins=LoginStates(self.root / "var" / "sessions", session_key()),
        )

    def worker(self, name: str, labels: Sequence[str] = ()) -> Worker:
        """Return a worker called *name*, not yet started; one per process.

        Args:
            name: Unique over all time.
            labels: Labels of the host, in addition to those in the settings.
        """
        settings = self.settings.worker
        settings = settings.model_copy(update={"labels": [*settings.labels, *labels]})
        return Worker(
            self.engine,
            name=name,
            settings=settings,
            browser=self.browser(name),
            reader=self.reader(),
            full=self.cannot_claim,
        )

    def tidying(self) -> Tidying:
        """Return the object that deletes records past their retention period."""
        return Tidying(
            core=self.engine.core,
            settings=self.settings.retention,
            evidence=self.evidence,
            logs=self.root / self.settings.folders.logs,
        )

    def reconciliation(self) -> Reconciliation:
        """Return the object that compares the effect ledger with the targets."""
        return Reconciliation(
            engine=self.engine,
            browser=self.browser("reconcile"),
            settings=self.settings.reconcile,
            timezone=self.settings.console.timezone,
        )

    def intake(self, reader: DocumentReader) -> Intake:
        """Return the intake of work items; close it, and then *reader*, after use."""
        return Intake(
            self.root,
            self.settings,
            self.extensions,
            self.workflows,
            store=self.store,
            engine=self.engine,
            documents=reader,
        )

    def schedule_clock(self, name: str, intake: Intake) -> ScheduleClock:
        """Return the clock of the project's schedules, not yet started.

        Args:
            name: Name of the process in the planned runs.
            intake: Reads the sources of a workflow that is due.
        """
        schedules = {
            workflow.name: workflow.schedule
            for workflow in self.workflows.values()
            if workflow.schedule is not None
        }

        def look(schedule: str) -> int:
            if reason := self.no_intake():
                raise ApplicationException("no_intake", reason)
            return intake.look(schedule)

        calls = _calls(self.store, self.engine, name, look, intake.left)
        return ScheduleClock(schedules, calls, calendars=self.calendars)

    def close(self) -> None:
        """Close the store."""
        self.engine.close()
        self.store.close()


def _calls(
    store: Store,
    engine: Engine,
    name: str,
    work: Callable[[str], int],
    left: Callable[[str], str],
) -> Calls:
    def blocked(schedule: str, reason: str) -> None:
        engine.core.event(
            Kind.PLANNED_RUN,
            "The planned run of {workflow} was blocked: {reason}",
            level=Level.ERROR,
            workflow=schedule,
            reason=reason,
        )

    return calls_on(store, name, work=work, report=logger.error, blocked=blocked, left=left)


def open_app(root: Path, store: Store | None = None) -> App:
    """Open the project in *root*.

    Args:
        root: The project's folder.
        store: An open store to use instead of that in the settings.

    Raises:
        ConfigError: A configuration, workflow, target or bot file is wrong.
    """
    extensions = load_extensions(root)
    return _opened(
        root,
        extensions=extensions,
        workflows=load_workflows(root, extensions.workflow),
        targets=load_targets(root),
        calendars=load_calendars(root),
        templates=load_templates(root),
        bots=load_bots(root),
        store=store,
    )


def open_bare(root: Path) -> App:
    """Open the project in *root* by its settings alone, without workflows, targets and bots.

    For operations that must work while another file is wrong. Secrets of the targets and workflows
    that can be read are masked all the same.

    Raises:
        ConfigError: The settings are wrong.
    """
    return _opened(
        root,
        extensions=find_extensions(root),
        workflows={},
        targets={},
        calendars={},
        templates={},
        bots={},
    )


def open_readable(root: Path, *, create: bool = True) -> App:
    """Open the project in *root* with all files that can be read, for operators in an emergency.

    A workflow with an unreadable bot is left out like one whose own file is wrong.

    Args:
        root: The project's folder.
        create: Whether a project that never had a store gets one.

    Raises:
        ConfigError: The settings are wrong.
    """
    bots, _ = find_bots(root)
    extensions = find_extensions(root)
    workflows = {
        name: plan
        for name, (plan, _file) in read_workflows(root, extensions.workflow)[0].items()
        if plan.steps[0].bot and all(step.bot in bots for step in plan.steps if step.bot)
    }
    return _opened(
        root,
        extensions=extensions,
        workflows=workflows,
        targets={name: target for name, (target, _file) in read_targets(root)[0].items()},
        calendars=read_calendars(root)[0],
        templates=read_templates(root)[0],
        bots=bots,
        create=create,
    )


def _opened(
    root: Path,
    *,
    extensions: Extensions,
    workflows: dict[str, Workflow],
    targets: dict[str, Target],
    calendars: dict[str, Calendar],
    templates: dict[str, Template],
    bots: dict[str, Bot],
    store: Store | None = None,
    create: bool = True,
) -> App:
    settings = load_settings(root)
    store = store or open_own(settings, root, create=create)
    known = [target for target, _file in read_targets(root)[0].values()]
    secrets = [target.password.get_secret_value() for target in known]
    plans = [plan for plan, _file in read_workflows(root, extensions.workflow)[0].values()]
    secrets += [*known_secrets(plans), session_key()]
    log = RunLog(store, root / settings.folders.logs, Redactor(secrets))
    engine = Engine(
        Core(
            store,
            log,
            workflows=workflows,
            targets=targets,
            bots=bots,
            root=root,
            calendars=calendars,
            judging=Judging(
                sample_share=settings.documents.sample_percent / 100,
                least_probability=settings.documents.min_probability,
                thresholds=lambda: load_thresholds(root),
            ),
            evidence=root / settings.folders.evidence,
            full_percent=settings.retention.disk_claims_percent,
        )
    )
    return App(
        root=root,
        settings=settings,
        extensions=extensions,
        workflows=workflows,
        targets=targets,
        calendars=calendars,
        templates=templates,
        bots=bots,
        store=store,
        engine=engine,
    )
