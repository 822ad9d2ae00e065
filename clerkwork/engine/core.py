"""The objects that every part of the engine uses: the store, the run log, the queues of DBOS.

DBOS keeps the runs: it queues, checkpoints and resumes them. Its tables are in the same database as
ours, so an item and its queue entry are one commit. Only this package uses DBOS.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.engine.clock_guard import ClockGuard
from clerkwork.engine.document_policy import Judging
from clerkwork.engine.run_log import RunLog, Writing
from clerkwork.errors import UsageError
from clerkwork.model.bots import Bot
from clerkwork.model.project.calendars import Calendar, business_deadline
from clerkwork.model.project.targets import Target
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.content import digest_of_payload
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.items import NewItem, WorkItem
from clerkwork.model.work.queues import queue_name, rank
from clerkwork.model.work.reviews import NewReview, NotStorable, flatten
from clerkwork.model.work.storable import (
    LONGEST_BATCH,
    LONGEST_GROUP,
    LONGEST_REFERENCE,
    problem_of,
    problem_of_key,
)
from clerkwork.store.database import Store
from clerkwork.store.reviews import reviews

RUN = "run_item"
VERSION = "items-1"  # constant: with DBOS's own version, items of old code would never start
ACTIVE = frozenset({"PENDING", "ENQUEUED", "DELAYED"})  # states of runs that have not ended
SERIALIZER = DBOSPortableJSONSerializer()  # the default would store pickles in the database


class Core:
    """The store, the run log and the queues of one project.

    Attributes:
        store: The open store.
        log: The run log.
        evidence: Folder of content-addressed files.
        full_percent: Bots attach no files while its disk is fuller than this.
        client: Access to DBOS for processes that run no items.
        clock_guard: Detects changes of the wall clock.
    """

    def __init__(
        self,
        store: Store,
        log: RunLog,
        *,
        workflows: dict[str, Workflow],
        targets: dict[str, Target],
        bots: dict[str, Bot],
        root: Path,
        calendars: Mapping[str, Calendar] | None = None,
        judging: Judging | None = None,
        evidence: Path | None = None,
        full_percent: float = 101.0,
    ) -> None:
        self.store = store
        self.log = log
        self.workflows = workflows
        self.targets = targets
        self.bots = bots
        self.root = root
        self.evidence = evidence or root / "evidence"
        self.full_percent = full_percent
        self.calendars = calendars or {}
        self.judging = judging or Judging()
        DBOS.migrate(store.engine.url.render_as_string(hide_password=False))
        self.clock_guard = ClockGuard(store)
        self.client = DBOSClient(system_database_engine=store.engine, serializer=SERIALIZER)

    def close(self) -> None:
        """Close the connections to the database."""
        self.client.destroy()

    def workflow(self, name: str) -> Workflow:
        """Return the workflow called *name*.

        Raises:
            UsageError: There is no such workflow; names those that exist.
        """
        if name not in self.workflows:
            known = ", ".join(sorted(self.workflows)) or "none"
            raise UsageError(f"there is no workflow {name!r}; known: {known}")
        return self.workflows[name]

    def first_bot(self, workflow: str) -> Bot:
        """Return the bot of the workflow's first step; the payload of items fits its model."""
        step = self.workflow(workflow).steps[0]
        return self.bots[step.bot or ""]

    def digest_of(self, workflow: str, payload: dict[str, Any]) -> str:
        """Return the digest of a payload's content, which does not depend on its spelling."""
        return digest_of_payload(self.first_bot(workflow).takes, payload)

    def targets_of(self, workflow: str) -> list[Target]:
        """Return the targets that the workflow's bots act on, ordered by login."""
        plan = self.workflow(workflow)
        named = {self.bots[step.bot].target for step in plan.steps if step.bot} - {None}
        names = {plan.target or name for name in named}
        found = [self.targets[name] for name in names if name in self.targets]
        return sorted(found, key=lambda target: target.account)

    def workflows_of(self, target: str) -> list[str]:
        """Return the workflows whose bots act on the target."""
        return [
            name
            for name in self.workflows
            if any(known.name == target for known in self.targets_of(name))
        ]

    def queues(self) -> list[str]:
        """Return the queues that the project's workflows use."""
        return sorted({self.queue_of(name) for name in self.workflows})

    def queue_of(self, workflow: str) -> str:
        """Return the queue in which the workflow's items wait."""
        return queue_name(self.first_bot(workflow).queue, self.workflow(workflow).labels)

    def group_of(self, workflow: str, payload: dict[str, Any]) -> str | None:
        """Return the group key of a payload: items with equal keys never run at the same time.

        Raises:
            NotStorable: The key is too long.
        """
        field = self.workflow(workflow).group_key
        group = flatten(payload).get(field, "") if field else ""
        if field and (problem := problem_of_key(group, field, LONGEST_GROUP)):
            raise NotStorable(*problem)
        return group or None

    def require_storable(self, new: NewItem) -> None:
        """Refuse an item that cannot be stored in every supported database.

        Raises:
            NotStorable: Names the field.
        """
        problem = (
            problem_of(new.payload)
            or problem_of_key(
                new.reference, self.workflow(new.workflow).reference, LONGEST_REFERENCE
            )
            or problem_of_key(new.batch_id or "", "batch", LONGEST_BATCH)
            or problem_of_key(new.group_key or "", "group_key", LONGEST_GROUP)
        )
        if problem is not None:
            raise NotStorable(*problem)
        if new.group_key is None:
            self.group_of(new.workflow, new.payload)

    def finished_steps(self, item: WorkItem) -> list[str]:
        """Return the steps of the item's present run that have a checkpoint, in order."""
        return [step["function_name"] for step in self.client.list_workflow_steps(item.run_id)]

    def is_queued(self, item: WorkItem) -> bool:
        """Return whether the item's present run is queued or running."""
        runs = self.client.list_workflows(
            workflow_ids=[item.run_id], load_input=False, load_output=False
        )
        return any(run.status in ACTIVE for run in runs)

    def enqueue(self, db: Connection, item: WorkItem) -> None:
        """Put the item's present run into its queue, in the caller's transaction."""
        self.client.enqueue_in_transaction(
            db,
            {
                "workflow_name": RUN,
                "queue_name": item.queue,
                "workflow_id": item.run_id,
                "app_version": VERSION,
                "priority": rank(
                    item.arrived, item.priority, self.workflow(item.workflow).ageing_s
                ),
            },
            item.id,
        )

    def after(self, start: datetime, seconds: float, calendar: str | None) -> datetime:
        """Return the instant *seconds* after *start*, in business hours if a calendar is given."""
        duration = timedelta(seconds=seconds)
        if calendar is None:
            return start + duration
        if calendar not in self.calendars:
            raise UsageError(f"there is no calendar {calendar!r} in config/calendars/")
        return business_deadline(start, duration, self.calendars[calendar])

    def open_review(self, db: Connection, item: WorkItem, review: NewReview) -> int:
        """Add a review of the item with the due instant of its workflow, in the transaction."""
        now = clock.now()
        due = now + timedelta(seconds=self.workflow(item.workflow).fallback.due_s)
        return reviews.add(db, item.id, item.run_no, review, due=due, now=now)

    def event(
        self,
        kind: Kind,
        message: str,
        *,
        level: Level = Level.INFO,
        item_id: int | None = None,
        run_id: str | None = None,
        step: str | None = None,
        within: Writing | None = None,
        **data: Any,
    ) -> None:
        """Write an event to the run log, *within* a transaction or in its own.

        *message* may contain ``{name}`` for values in *data*.
        """
        self.write(
            kind,
            message,
            data,
            level=level,
            item_id=item_id,
            run_id=run_id,
            step=step,
            within=within,
        )

    def write(
        self,
        kind: Kind,
        message: str,
        data: dict[str, Any],
        *,
        level: Level,
        item_id: int | None = None,
        run_id: str | None = None,
        step: str | None = None,
        within: Writing | None = None,
    ) -> None:
        """Write an event whose data may have the same names as parameters of ``event``."""
        event = Event(
            at=clock.now(),
            kind=kind,
            level=level,
            item_id=item_id,
            run_id=run_id,
            step=step,
            message=message,
            data=data,
        )
        if within is None:
            self.log.write(event)
        else:
            within.event(event)
