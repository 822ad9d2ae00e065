"""The composition root: the one place that names concrete adapters and puts a project together."""

from dataclasses import dataclass
from pathlib import Path

from clerkwork.browser.host import BrowserHost
from clerkwork.config.files import load_targets, load_workflows
from clerkwork.config.settings import Settings, load_settings
from clerkwork.discover import load_bots
from clerkwork.documents.reader import DocumentReader
from clerkwork.engine.engine import Engine
from clerkwork.engine.runlog import RunLog
from clerkwork.engine.worker import Worker
from clerkwork.model.bots import Bot
from clerkwork.model.workflows import Target, Workflow
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An open project.

    Attributes:
        root: The project's folder.
        evidence: Folder of content-addressed files: ``<first two digits>/<sha256><suffix>``.
    """

    root: Path
    settings: Settings
    workflows: dict[str, Workflow]
    targets: dict[str, Target]
    bots: dict[str, Bot]
    store: Store
    engine: Engine

    @property
    def evidence(self) -> Path:
        """Return the folder of evidence."""
        return self.root / self.settings.folders.evidence

    @property
    def inbox(self) -> Path:
        """Return the folder whose subfolders are watched."""
        return self.root / self.settings.folders.inbox

    def reader(self) -> DocumentReader:
        """Return a new document reader; close it after use."""
        return DocumentReader(self.settings.documents, self.evidence)

    def worker(self, name: str) -> Worker:
        """Return a worker called *name*, not yet started; one in a process."""
        return Worker(
            self.engine,
            name=name,
            settings=self.settings.worker,
            browser=BrowserHost(self.settings.browser, self.evidence),
            reader=self.reader(),
        )

    def close(self) -> None:
        """Close the store."""
        self.engine.close()
        self.store.close()


def open_app(root: Path) -> App:
    """Open the project in *root*.

    Raises:
        ConfigError: A configuration, workflow, target or bot file is wrong.
    """
    settings = load_settings(root)
    workflows, targets, bots = load_workflows(root), load_targets(root), load_bots(root)
    store = open_store(settings.store.url, root)
    secrets = [target.password.get_secret_value() for target in targets.values()]
    log = RunLog(store, root / settings.folders.logs, Redactor(secrets))
    engine = Engine(store, log, workflows=workflows, targets=targets, bots=bots, root=root)
    return App(
        root=root,
        settings=settings,
        workflows=workflows,
        targets=targets,
        bots=bots,
        store=store,
        engine=engine,
    )
