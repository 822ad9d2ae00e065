"""Workbooks: one work item for each order of an xlsx file; a person corrects what is doubtful.

The file is read in a child process, with limits on time and memory.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from clerkwork.children import Child
from clerkwork.discover import dotted_name
from clerkwork.errors import ApplicationException, InputRejected
from clerkwork.intake.contract import FileContent, FileReader, Incoming, OpenReader, ReaderContext
from clerkwork.intake.spreadsheet.archive import AGAIN
from clerkwork.intake.spreadsheet.parse import parse_workbook
from clerkwork.intake.spreadsheet.rows import OTHER, OrderRows, OrderWorkbook, RowProblem
from clerkwork.model.orders import PurchaseOrder
from clerkwork.model.project.sources import ReaderKeys
from clerkwork.model.work.items import NewItem
from clerkwork.model.work.reviews import NewReview, NotStorable, flatten, plain_fields
from clerkwork.model.work.storable import storable

TIMEOUT = timedelta(seconds=60)
MEMORY_MB = 700
ADDRESS_SPACE_MB = 2500
LIMITS = frozenset({"child_timeout", "child_memory", "child_died"})
IN_ONE_CELL = "Sheet {sheet}, row {row}, column {column}: “{value}” "
IN_EMPTY_CELL = "Sheet {sheet}, row {row}, column {column}: the cell "
MORE = " {more} more cells of this order are marked."


class WorkbookFiles(OpenReader):
    """Makes one work item of each order of a workbook."""

    def __init__(self, context: ReaderContext) -> None:
        """Prepare; the child process starts at the first workbook."""
        super().__init__(context)
        self._child = workbook_child()

    def read(self, incoming: Incoming) -> FileContent:
        """Return one item per order, named by its number."""
        stored = incoming.stored
        book = read_workbook(stored.path, stored.name, self._child)
        return FileContent(
            arrivals=[self._arrival(order, book.sheet, incoming) for order in book.orders],
            duplicates=[repeated.number for repeated in book.duplicates],
        )

    def close(self) -> None:
        """End the child process."""
        self._child.close()

    def _arrival(
        self, order: OrderRows, sheet: str, incoming: Incoming
    ) -> tuple[NewItem, NewReview | None]:
        """Return the item of an order, and what a person is asked about it."""
        by_row = f"{incoming.stored.sha256[:16]} row {order.rows[0]}"
        reference = order.number or by_row
        item = incoming.item(reference, order.payload, sheet=sheet, rows=order.rows)
        try:
            self.context.engine.require_storable(item)
        except NotStorable as error:
            order = doubted(order, error.field)
            name = by_row if error.field == incoming.plan.reference else item.reference
            item = replace(item, reference=name, group_key=by_row, payload=order.payload)
        return item, review_of(order, sheet) if order.problems else None


def workbook_child() -> Child:
    """Return the child process that workbooks are read in; it starts at the first file."""
    return Child("workbook", memory_mb=MEMORY_MB, address_space_mb=ADDRESS_SPACE_MB)


def read_workbook(file: Path, name: str, child: Child) -> OrderWorkbook:
    """Return the orders that stand in *file*.

    Args:
        file: The file, which does not change any more.
        name: What people call it.
        child: See ``workbook_child``.

    Raises:
        InputRejected: It is not a workbook of orders; says where, why and what to do.
        ApplicationException: The file could not be opened, for no fault of its own.
    """
    try:
        found = child.call(parse_workbook, file, name, timeout=TIMEOUT)
    except ApplicationException as error:
        if error.code not in LIMITS:
            raise
        problem = "reading the workbook takes more time or memory than orders need"
        raise InputRejected(name, "", problem, "Send a smaller workbook.") from error
    if not isinstance(found, OrderWorkbook):
        raise InputRejected(name, "", "the file cannot be read as a workbook", AGAIN)
    return found


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


READER: FileReader[ReaderKeys] = FileReader(
    name="workbook",
    summary="one item per order of an xlsx file",
    gives=PurchaseOrder,
    open=WorkbookFiles,
)
