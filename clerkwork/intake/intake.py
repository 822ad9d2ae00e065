"""All ways into a project: looks at the sources of a workflow, and takes single files."""

import threading
from collections.abc import Mapping
from pathlib import Path

from clerkwork.config.settings import Settings
from clerkwork.intake.contract import BY_WORKFLOW, OpenSource, ReaderContext, SourceContext
from clerkwork.intake.extensions import Extensions
from clerkwork.intake.file_to_items import FileTaker
from clerkwork.intake.ports import Prober, Submitter, Taken
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.items import Terms
from clerkwork.model.work.queues import Batch
from clerkwork.store.database import Store


class Intake:
    """The sources of the project's workflows; a failing one delays no other workflow."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        extensions: Extensions,
        workflows: Mapping[str, Workflow],
        *,
        store: Store,
        engine: Submitter,
        documents: Prober,
    ) -> None:
        """Open the readers and the sources that are looked at; nothing is read yet."""
        self._workflows = workflows
        reading = ReaderContext(root=root, settings=settings, engine=engine, documents=documents)
        self._files = FileTaker(workflows, extensions.readers, reading)
        context = SourceContext(
            root=root,
            inbox=root / settings.folders.inbox,
            workflows=workflows,
            store=store,
            engine=engine,
            files=self._files,
        )
        self._open: dict[str, OpenSource] = {
            key: source.open(context)
            for key, source in extensions.sources.items()
            if source.open is not None
        }
        # a source remembers what it saw of a workflow, which two threads must not change at once
        self._one_look = {name: threading.Lock() for name in workflows}

    def look(self, workflow: str) -> int:
        """Look at each source of the workflow once; return the number of new items.

        Sources that put files into the inbox come first, so that the files are taken at once. A
        mailbox that does not answer keeps no file of the folder from being taken.

        Raises:
            Exception: The first source that failed; the others were looked at all the same.
        """
        plan = self._workflows[workflow]
        added, failures = 0, []
        with self._one_look[workflow]:
            for source in self._sources_of(plan):
                try:
                    added += source.look(plan)
                except Exception as error:  # noqa: BLE001 - raised once the others were looked at
                    failures.append(error)
        if failures:
            raise failures[0]
        return added

    def left(self, workflow: str) -> str:
        """Return a sentence on what the last look left for the next one, or an empty string."""
        plan = self._workflows[workflow]
        found = (source.left(plan) for source in self._sources_of(plan))
        return "; ".join(sentence for sentence in found if sentence)

    def put(
        self, file: Path, workflow: str, batch: Batch | None = None, terms: Terms = BY_WORKFLOW
    ) -> Taken:
        """Take one file that stays where it is, such as one named on the command line.

        Raises:
            InputRejected: The file is not what it claims to be; nothing was added.
            UsageError: The workflow takes no files, or the batch is not what was declared.
        """
        return self._files.take(file, workflow, batch, terms)

    def interrupt(self) -> None:
        """End every look that waits; no later look waits."""
        for source in self._open.values():
            source.interrupt()

    def close(self) -> None:
        """Close the sources and the readers."""
        for source in self._open.values():
            source.close()
        self._files.close()

    def _sources_of(self, plan: Workflow) -> list[OpenSource]:
        ordered = sorted(plan.sources.items(), key=lambda each: not each[1].fills_inbox)
        return [self._open[key] for key, _ in ordered if key in self._open]
