"""Turns one file into work items: an order of a workbook each, or the document as a whole."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from clerkwork.children import Child
from clerkwork.config.settings import Settings
from clerkwork.discover import dotted_name
from clerkwork.errors import DocumentRejected, UsageError, rejection
from clerkwork.intake.ports import Prober, Submitter, Taken
from clerkwork.intake.readers.rows import OTHER, OrderRows, RowProblem
from clerkwork.intake.readers.workbook import read_workbook, workbook_child
from clerkwork.intake.stored_file import Stored, keep
from clerkwork.model.orders import Document, PurchaseOrder
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import NewItem, Terms
from clerkwork.model.work.queues import Batch
from clerkwork.model.work.reviews import NewReview, NotStorable, flatten, plain_fields
from clerkwork.model.work.storable import storable

BY_WORKFLOW = Terms()
IN_ONE_CELL = "Sheet {sheet}, row {row}, column {column}: “{value}” "
IN_EMPTY_CELL = "Sheet {sheet}, row {row}, column {column}: the cell "
MORE = " {more} more cells of this order are marked."


class FileTaker:
    """Takes single files; knows nothing of folders and their order."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        workflows: Mapping[str, Workflow],
        engine: Submitter,
        reader: Prober,
    ) -> None:
        """Prepare a taker; its child process starts at the first workbook."""
        self._root = root
        self._settings = settings
        self._workflows = workflows
        self._engine = engine
        self._reader = reader
        self._child: Child = workbook_child()

    def take(
        self, file: Path, workflow: str, batch: Batch | None = None, terms: Terms = BY_WORKFLOW
    ) -> Taken:
        """Add the work items that stand in *file*; taking the same file again adds nothing.

        With *batch* the orders of a workbook are added all or not at all. Every item of the file
        gets the same *terms*.

        Raises:
            InputRejected: The file is not what it claims to be; nothing was added.
            UsageError: The workflow takes no files.
        """
        plan = self._workflows.get(workflow)
        if plan is None or plan.source is None:
            known = sorted(name for name, other in self._workflows.items() if other.source)
            remedy = (
                f"these do: {', '.join(known)}"
                if known
                else "give one a `source`, or put its items in as JSON with `clerkwork run`"
            )
            raise UsageError(f"the workflow {workflow!r} takes no files; {remedy}")
        evidence = self._root / self._settings.folders.evidence
        stored = keep(file, evidence, max_mb=self._settings.documents.max_file_mb)
        if plan.source.reader == "document":
            if batch is not None:
                raise UsageError(f"{plan.name} takes one document at a time, not a batch")
            taken = self._document(stored, plan, terms)
        else:
            taken = self._workbook(stored, plan, batch, terms)
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
        """End the child process."""
        self._child.close()

    def _document(self, stored: Stored, plan: Workflow, terms: Terms) -> Taken:
        path = stored.path
        shown = path.relative_to(self._root) if path.is_relative_to(self._root) else path
        payload = {"file": shown.as_posix(), "name": stored.first_name}
        item = NewItem(
            workflow=plan.name,
            reference=stored.sha256[:16],
            payload=payload,
            source={"file": stored.name, "sha256": stored.sha256} | stored.origin,
        )
        review = self._refusal(stored, payload)
        answer = self._engine.submit(terms.of(item), review)
        return Taken(
            name=stored.name,
            sha256=stored.sha256,
            submissions=[(item.reference, answer)],
            to_person=[item.reference] if review else [],
        )

    def _refusal(self, stored: Stored, payload: dict[str, Any]) -> NewReview | None:
        """Return what a person is asked about a document that cannot be read, or None."""
        try:
            self._reader.probe(stored.path, stored.name)
        except DocumentRejected as error:
            why = rejection(error)
            return NewReview(
                step=None,
                code=why.code,
                message=why.message,
                facts=why.facts,
                model=dotted_name(Document),
                shown=payload,
                fields=plain_fields(payload, ()),
            )
        return None

    def _workbook(self, stored: Stored, plan: Workflow, batch: Batch | None, terms: Terms) -> Taken:
        book = read_workbook(stored.path, stored.name, self._child)
        taken = Taken(
            name=stored.name,
            sha256=stored.sha256,
            duplicates=[repeated.number for repeated in book.duplicates],
        )
        arrivals: list[tuple[NewItem, NewReview | None]] = []
        for order in book.orders:
            item, review = self._arrival(order, book.sheet, stored, plan)
            arrivals.append((terms.of(item), review))
            if review is not None:
                taken.to_person.append(item.reference)
        if batch is None:
            answers = [self._engine.submit(item, review) for item, review in arrivals]
        else:
            answers = self._engine.submit_all(arrivals, batch)
        references = [item.reference for item, _ in arrivals]
        taken.submissions.extend(zip(references, answers, strict=True))
        return taken

    def _arrival(
        self, order: OrderRows, sheet: str, stored: Stored, plan: Workflow
    ) -> tuple[NewItem, NewReview | None]:
        """Return the item of an order, and what a person is asked about it."""
        by_row = f"{stored.sha256[:16]} row {order.rows[0]}"
        item = NewItem(
            workflow=plan.name,
            reference=order.number or by_row,
            payload=order.payload,
            source={
                "file": stored.name,
                "sheet": sheet,
                "rows": order.rows,
                "sha256": stored.sha256,
            }
            | stored.origin,
        )
        try:
            self._engine.require_storable(item)
        except NotStorable as error:
            order = doubted(order, error.field)
            name = by_row if error.field == plan.reference else item.reference
            item = replace(item, reference=name, group_key=by_row, payload=order.payload)
        return item, review_of(order, sheet) if order.problems else None


def doubted(order: OrderRows, path: str) -> OrderRows:
    """Return an order whose value at *path* cannot be stored, for a person to correct."""
    payload = storable(order.payload)
    if all(problem.path != path for problem in order.problems):
        problem = RowProblem(
            row=order.rows[0],
            column=path,
            path=path,
            value=flatten(payload).get(path, "")[:80],
            problem=OTHER.problem,
            remedy=OTHER.remedy,
        )
        return replace(order, payload=payload, problems=[*order.problems, problem])
    return replace(order, payload=payload)


def review_of(order: OrderRows, sheet: str) -> NewReview:
    """Return the review of an order with problems; every cell in doubt is marked."""
    first, *others = order.problems
    start = IN_ONE_CELL if first.value else IN_EMPTY_CELL
    paths = tuple(problem.path for problem in order.problems)
    marked = {problem.path: problem for problem in order.problems}
    shown = order.payload
    fields = [
        field.model_copy(
            update={"reason": f"{marked[field.path].problem}. {marked[field.path].remedy}"}
        )
        if field.path in marked
        else field
        for field in plain_fields(shown, paths)
    ]
    facts = {"sheet": sheet, "row": str(first.row), "column": first.column, "value": first.value}
    return NewReview(
        step=None,
        code="bad_row",
        message=f"{start}{first.problem}. {first.remedy}{MORE if others else ''}",
        facts=facts | ({"more": str(len(others))} if others else {}),
        model=dotted_name(PurchaseOrder),
        shown=shown,
        fields=fields,
    )
