"""Turns one file into work items with the reader that its workflow names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clerkwork.errors import UsageError
from clerkwork.intake.contract import (
    BY_WORKFLOW,
    FileContent,
    FileReader,
    Incoming,
    OpenReader,
    ReaderContext,
)
from clerkwork.intake.ports import Taken
from clerkwork.intake.stored_file import keep
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import Submission, Terms
from clerkwork.model.work.queues import Batch


class FileTaker:
    """Adds the work items of single files; it does not watch folders."""

    def __init__(
        self,
        workflows: Mapping[str, Workflow],
        readers: Mapping[str, FileReader[Any]],
        context: ReaderContext,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            workflows: The project's workflows by name.
            readers: The readers that its files may name.
            context: What the readers work with.
        """
        self._workflows = workflows
        self._readers = readers
        self._context = context
        self._engine = context.engine
        self._open: dict[str, OpenReader] = {
            name: reader.open(context) for name, reader in readers.items()
        }

    def take(
        self, file: Path, workflow: str, batch: Batch | None = None, terms: Terms = BY_WORKFLOW
    ) -> Taken:
        """Add the work items of *file*; taking the same file again adds nothing.

        With *batch* all of them are added or none. Every item of the file gets the same *terms*.

        Raises:
            InputRejected: The file is not what it claims to be; nothing was added.
            UsageError: The workflow takes no files, or no batch.
        """
        plan = self._workflows.get(workflow)
        if plan is None or plan.inbox is None:
            raise self._takes_no_files(workflow)
        root, settings = self._context.root, self._context.settings
        evidence = root / settings.folders.evidence
        stored = keep(file, evidence, max_mb=settings.documents.max_file_mb)
        if batch is not None and not self._readers[plan.inbox.reader].many:
            raise UsageError(f"{plan.name} takes one document at a time, not a batch")
        content = self._open[plan.inbox.reader].read(Incoming(stored=stored, plan=plan))
        taken = Taken(
            name=stored.name,
            sha256=stored.sha256,
            submissions=self._submit(content, batch, terms),
            to_person=[item.reference for item, review in content.arrivals if review],
            duplicates=content.duplicates,
        )
        self._engine.event(
            Kind.FILE_TAKEN,
            "The file {file} was taken: {added} new work items, {merged} duplicates.",
            file=stored.name,
            workflow=workflow,
            sha256=stored.sha256,
            added=taken.added,
            merged=len(taken.duplicates),
        )
        return taken

    def close(self) -> None:
        """Close the readers."""
        for reader in self._open.values():
            reader.close()

    def _submit(
        self, content: FileContent, batch: Batch | None, terms: Terms
    ) -> list[tuple[str, Submission]]:
        arrivals = [(terms.of(item), review) for item, review in content.arrivals]
        if batch is None:
            answers = [self._engine.submit(item, review) for item, review in arrivals]
        else:
            answers = self._engine.submit_all(arrivals, batch)
        references = [item.reference for item, _ in arrivals]
        return list(zip(references, answers, strict=True))

    def _takes_no_files(self, workflow: str) -> UsageError:
        known = sorted(name for name, other in self._workflows.items() if other.inbox)
        remedy = (
            f"these do: {', '.join(known)}"
            if known
            else "give one a `source`, or submit its items as JSON with `clerkwork run`"
        )
        return UsageError(f"the workflow {workflow!r} takes no files; {remedy}")
