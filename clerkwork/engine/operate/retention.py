"""Deletes records and files past their retention period, in short transactions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.config.settings import RetentionSettings
from clerkwork.engine.core import RUN, Core
from clerkwork.engine.operate.log_files import tidied_since, tidy_logs
from clerkwork.model.work.events import Kind, Level
from clerkwork.store.instants import Milestone, reach, withdraw
from clerkwork.store.maintenance import retention

DAY = timedelta(days=1)
GB = 10**9
RUNS = 200


@dataclass(slots=True, kw_only=True)
class Tidied:
    """How much was deleted.

    Attributes:
        attachments: Files that bots produced.
        checkpoints: Runs whose checkpoints were deleted.
        files: Log files of this host.
        over_bytes: Bytes of evidence that remain above the cap.
    """

    pictures: int = 0
    attachments: int = 0
    events: int = 0
    items: int = 0
    checkpoints: int = 0
    files: int = 0
    planned_runs: int = 0
    deliveries: int = 0
    over_bytes: int = 0


@dataclass(kw_only=True)
class Tidying:
    """Applies the retention periods of one project.

    Attributes:
        evidence: Folder of content-addressed files.
        logs: Folder of the run logs.
    """

    core: Core
    settings: RetentionSettings
    evidence: Path
    logs: Path
    done: Tidied = field(default_factory=Tidied)

    def daily(self, now: datetime) -> bool:
        """Run unless any process did so within a day; return whether it ran."""
        with self.core.store.write() as db:
            due = reach(db, Milestone.TIDIED, now=now, before=now - DAY)
        if due:
            self.run(now)
        elif not tidied_since(self.logs, now - DAY):  # each host has logs of its own
            self._tidy_logs(now)
        return due

    def run(self, now: datetime) -> Tidied:
        """Delete everything past its retention period, and return the counts."""
        self.done = Tidied()
        longest = self.settings.items_days  # a file must not outlive the item that refers to it
        for kind, days in (
            (retention.SUCCESS, self.settings.success_days),
            (retention.FAILURE, self.settings.failure_days),
            (retention.REVIEW, self.settings.review_days),
        ):
            old = partial(retention.old_pictures, kind=kind, before=now - DAY * min(days, longest))
            self.done.pictures += self._drop_all(old)
        before = now - DAY * min(self.settings.attached_days, longest)
        self.done.attachments = self._drop_all(partial(retention.old_attachments, before=before))
        self._keep_cap()
        self._tell_over(now)
        self.done.events = self._repeat(retention.delete_events, now - DAY * self.settings.log_days)
        self._tidy_logs(now)
        self._delete_checkpoints(now - DAY * self.settings.runs_days)
        self.done.items = self._repeat(retention.delete_items, now - DAY * self.settings.items_days)
        self.done.planned_runs = self._repeat(
            retention.delete_planned_runs, now - DAY * self.settings.planned_days
        )
        self.done.deliveries = self._repeat(
            retention.delete_deliveries, now - DAY * self.settings.deliveries_days
        )
        return self.done

    def _repeat(self, delete: Callable[..., int], before: datetime) -> int:
        whole = 0
        while True:
            with self.core.store.write() as db:
                deleted = delete(db, before=before)
            whole += deleted
            if not deleted:
                return whole

    def _drop_all(self, old: Callable[..., list[retention.EvidenceFile]]) -> int:
        """Delete all files that *old* returns, page by page; return their number."""
        whole = after = 0
        while files := self._read(partial(old, after=after)):
            self._drop(files)
            whole, after = whole + len(files), files[-1].number
        return whole

    def _keep_cap(self) -> None:
        with self.core.store.read() as db:
            made = retention.attachments(db)  # not evidence, so not counted towards its cap
        size = sum(file.stat().st_size for file in self._kept_files() if file.stem not in made)
        cap = self.settings.evidence_max_gb * GB
        for kind in (retention.SUCCESS, retention.FAILURE, retention.REVIEW):
            after = 0
            while size > cap and (spare := self._read(_spare(kind, after))):
                after = spare[-1].number
                for picture in spare:
                    if size <= cap:
                        return
                    size -= self._drop([picture])
                    self.done.pictures += 1
        self.done.over_bytes = max(0, int(size - cap))

    def _drop(self, pictures: list[retention.EvidenceFile]) -> int:
        """Forget the pictures, delete files that nothing refers to, and return the freed bytes."""
        with self.core.store.write() as db:
            lone = retention.forget_pictures(db, pictures)
        freed = 0
        for address in lone:
            for file in (self.evidence / address[:2]).glob(f"{address}*"):
                freed += file.stat().st_size
                file.unlink(missing_ok=True)
        return freed

    def _read(
        self, ask: Callable[[Connection], list[retention.EvidenceFile]]
    ) -> list[retention.EvidenceFile]:
        with self.core.store.read() as db:
            return ask(db)

    def _kept_files(self) -> Iterator[Path]:
        return (file for file in self.evidence.glob("??/*") if file.is_file())

    def _tidy_logs(self, now: datetime) -> None:
        errors = self.core.root / "logs" / "errors.log"
        before = now - DAY * self.settings.log_days
        self.done.files = tidy_logs(self.logs, errors, now=now, before=before)

    def _tell_over(self, now: datetime) -> None:
        """Record whether the evidence is still over its cap."""
        over = self.done.over_bytes
        with self.core.log.writing() as writing:
            if not over:
                withdraw(writing.db, Milestone.OVER_CAP)
                return
            reach(writing.db, Milestone.OVER_CAP, now=now)
            self.core.event(
                Kind.NOTE,
                "The evidence is {bytes} bytes over its cap, and no more of it may be deleted.",
                level=Level.WARNING,
                within=writing,
                bytes=over,
            )

    def _delete_checkpoints(self, before: datetime) -> None:
        client, kept = self.core.client, 0
        while True:
            runs = client.list_workflows(
                name=RUN,
                completed_before=before.isoformat(),
                limit=RUNS,
                offset=kept,
                load_input=False,
                load_output=False,
            )
            numbers = {run.workflow_id: int(run.workflow_id.split("-")[1]) for run in runs}
            with self.core.store.read() as db:
                closed = retention.closed_among(db, set(numbers.values()), before=before)
            old = [name for name, number in numbers.items() if number in closed]
            if old:
                client.delete_workflows(old)
            self.done.checkpoints += len(old)
            kept += len(runs) - len(old)
            if len(runs) < RUNS:
                return


def _spare(
    kind: sa.ColumnElement[bool], after: int
) -> Callable[[Connection], list[retention.EvidenceFile]]:
    return lambda db: retention.spare_pictures(db, kind, after=after)
