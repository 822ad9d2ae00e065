"""The worker: reserves items and runs their steps; one per process, as DBOS requires."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from dbos import DBOS
from loguru import logger
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError

from clerkwork import clock
from clerkwork.children import end_children_of
from clerkwork.config.settings import WorkerSettings
from clerkwork.engine import target_gate
from clerkwork.engine.core import RUN, SERIALIZER, VERSION
from clerkwork.engine.facade import Engine, reason_of
from clerkwork.engine.run_log import Writing
from clerkwork.engine.runs.bot_process import BotProcesses, run_limited
from clerkwork.engine.runs.execution import Browser, Execution, Reader, Tools
from clerkwork.engine.runs.failure_forms import form_of, form_of_failed_end
from clerkwork.engine.runs.poison_items import refuse_poison
from clerkwork.engine.runs.reserve import reserve, run_no_of
from clerkwork.engine.signals import Cancelled, Parked, Postponed, RunEnded, StepFailed
from clerkwork.engine.sweep.sweep import Sweep
from clerkwork.engine.workers.run import EngineRun
from clerkwork.errors import (
    ApplicationException,
    BotException,
    BusinessException,
    Fenced,
    StoreLost,
)
from clerkwork.model.bots import Bot, Run
from clerkwork.model.project.workflows import Step
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import NewItem, WorkItem
from clerkwork.model.work.queues import fitting
from clerkwork.model.work.reviews import NewReview, NotStorable
from clerkwork.store.items import transitions

NOTICE = timedelta(seconds=2)  # time for an execution to reach a checkpoint and end
_present: "Worker | None" = None


@DBOS.workflow(name=RUN, max_recovery_attempts=1_000_000)
def run_item(item_id: int) -> str:
    """Run the item in this process's worker; DBOS calls it by its name."""
    if _present is None:
        raise RuntimeError("no worker is started in this process")
    return _present.execute(item_id)


class Worker:
    """Runs items until it is stopped.

    Attributes:
        name: Unique over all time, so that a dead worker's items can be identified.
        queues: The queues of the worker, set by ``start``.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        name: str,
        settings: WorkerSettings,
        browser: Browser,
        reader: Reader,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare the worker; nothing runs before ``start``.

        Args:
            engine: The engine of the project.
            name: See above.
            settings: The worker settings.
            browser: The browser for bots.
            reader: The document reader for bots.
            full: Returns whether the disk is too full to start anything; running items continue.
        """
        self.name = name
        self.queues: list[str] = []
        self._engine = engine
        self._core = engine.core
        self._settings = settings
        self._full = full
        processes = BotProcesses(owner=name, memory_mb=settings.bot_memory_mb)
        self._tools = Tools(browser=browser, reader=reader, processes=processes)
        lease = timedelta(seconds=settings.lease_s)
        self._at_work: set[Execution] = set()
        self._sweep = Sweep(engine, name, lease=lease, labels=settings.labels, flush=self._flush)
        self._stopped = threading.Event()
        self._sweeper = threading.Thread(target=self._keep_sweeping, name="sweep", daemon=True)

    def start(self, queues: list[str] | None = None) -> None:
        """Start working on *queues*, by default on all queues that the labels of the host allow."""
        global _present  # noqa: PLW0603 - DBOS calls a function of this module, not a method
        _present = self
        self.queues = queues or fitting(self._core.queues(), self._settings.labels)
        self._sweep.begin(self.queues)  # first, or other workers would take our items over
        target_gate.reconsider(self._core)
        DBOS(
            config={
                "name": "clerkwork",
                "system_database_engine": self._core.store.engine,
                "run_migrations": False,
                "serializer": SERIALIZER,
                "executor_id": self.name,
                "application_version": VERSION,
                "log_level": "ERROR",
                "console_log_level": "ERROR",
            }
        )
        DBOS.listen_queues(self.queues)
        DBOS.launch()
        for queue in self.queues:
            self._register(queue)
        self._sweeper.start()

    def _register(self, queue: str) -> None:
        """Register the queue with its limits; the last registration applies to all hosts."""
        limit = self._settings.limits.get(queue)
        alone = self._settings.concurrency
        DBOS.register_queue(
            queue,
            worker_concurrency=alone if limit is None else min(alone, limit),
            global_concurrency=limit,
            polling_interval_sec=self._settings.poll_s,
            on_conflict="always_update",
        )

    def stop(self, *, patience: timedelta | None = None) -> None:
        """Reserve no more items, give running ones *patience* (default: the setting), and end.

        Items that are still running then are released, and no failure is counted. The process must
        not wait for the thread of a step that hangs.
        """
        global _present  # noqa: PLW0603 - see start
        if patience is None:
            patience = timedelta(seconds=self._settings.drain_s)
        longest_s = int((patience + NOTICE * 2).total_seconds())
        drain = threading.Thread(target=self._drain, args=(longest_s,), name="drain", daemon=True)
        drain.start()
        drain.join(patience.total_seconds())
        if drain.is_alive():
            self._tools.ended.set()
            end_children_of(self.name)
            drain.join(NOTICE.total_seconds())
        self._stopped.set()
        self._sweeper.join()
        with contextlib.suppress(StoreLost):  # then nothing can be recorded
            self._sweep.farewell()
        _present = None

    def _drain(self, longest_s: int) -> None:
        """Wait for the running items, then close the tools, which waits for a call that hangs."""
        DBOS.destroy(workflow_completion_timeout_sec=longest_s)
        self._tools.close()

    def execute(self, item_id: int) -> str:
        """Run the item; return how this execution ended, for the records of DBOS."""
        try:
            return self._execute(item_id)
        except Exception:  # errors that the store could not record, for example on a full disk
            self._sweep.note_broken(DBOS.workflow_id)
            raise

    def _execute(self, item_id: int) -> str:
        execution = self._reserve(item_id)
        if execution is None:
            return "not to be worked on"
        self._at_work.add(execution)
        try:
            return self._run_to_its_end(execution)
        except Fenced as error:
            logger.warning("{}", error)
            if self._tools.ended.is_set():
                self._sweep.release(item_id)  # before DBOS records the end, or it would look broken
            return "fenced"
        finally:
            self._at_work.discard(execution)

    def _reserve(self, item_id: int) -> Execution | None:
        return reserve(
            self._core,
            item_id,
            worker=self.name,
            run_no=run_no_of(DBOS.workflow_id),
            full=self._full,
            begin=self._begin,
        )

    def _begin(self, writing: Writing, item: WorkItem, taken_over: bool) -> Execution:
        execution = Execution(self._core, item, self._tools)
        if taken_over:
            said = "taken over from a dead worker"
            writing.event(execution.entry(Kind.TAKEN_OVER, said, level=Level.WARNING))
        facts = {"attempt": item.attempt}
        writing.event(execution.entry(Kind.RUN_STARTED, "attempt {attempt}", facts))
        return execution

    def _run_to_its_end(self, execution: Execution) -> str:
        """Run the item; an error while ending it goes to a person, or it would repeat forever.

        Errors of the store or the disk are not the item's fault: a sweep makes the item due again.
        """
        try:
            return self._run(execution)
        except (Fenced, DBAPIError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - any error, as in _run
            return self._park(execution, form_of_failed_end(execution, error))

    def _run(self, execution: Execution) -> str:
        try:
            refuse_poison(execution)
            result = self._steps(execution)
        except RunEnded as signal:
            return self._ended_early(execution, signal)
        except BotException as error:
            return self._failed(execution, StepFailed(error))
        except Fenced:
            raise
        except Exception as error:  # noqa: BLE001 - errors in the bot's code end here
            return self._failed(execution, StepFailed(execution.unexpected(error, None)))
        return self._complete(execution, result)

    def _ended_early(self, execution: Execution, signal: RunEnded) -> str:
        match signal:
            case Parked(review=review):
                return self._park(execution, review)
            case Postponed():
                return self._postpone(execution, signal, failed=False)
            case Cancelled(who=who):
                return self._cancel(execution, who)
            case StepFailed():
                return self._failed(execution, signal)
        raise signal

    def _steps(self, execution: Execution) -> BaseModel | None:
        workflow = self._core.workflow(execution.item.workflow)
        bot = self._core.first_bot(workflow.name)
        try:
            value: BaseModel | None = bot.takes.model_validate(execution.item.payload)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            raise BusinessException(
                "invalid_payload",
                "{field}: {problem}",
                fields=(".".join(str(part) for part in problem["loc"]),),
                field=problem["loc"],
                problem=problem["msg"],
            ) from None
        for step in workflow.steps:
            if step.bot is not None:
                bot = self._core.bots[step.bot]
                value = self._work(bot, value, EngineRun(execution, bot))
            elif value is not None:
                self._hand_over(execution, step, value)
        return value

    def _work(self, bot: Bot, value: Any, run: Run) -> BaseModel | None:
        """Call a bot, in its own process when it has a time limit."""
        if bot.timeout is None:
            return bot(value, run)
        with self._tools.processes.one() as child:
            result: BaseModel | None = run_limited(bot, bot.timeout, value, run, child)
        return result

    def _hand_over(self, execution: Execution, step: Step, value: BaseModel) -> None:
        target = self._core.workflow(step.submit or "")
        payload = value.model_dump(mode="json")
        new = NewItem(
            workflow=target.name,
            reference=str(getattr(value, target.reference)),
            payload=payload,
            source=execution.item.source,
            parent_id=execution.item.id,
            cause=f"{execution.item.run_id}: submit {target.name}",
            priority=execution.item.priority,
            due=execution.item.due,
        )
        try:
            self._core.require_storable(new)
        except NotStorable as error:
            raise BusinessException(
                "not_storable",
                "The result cannot be submitted to {workflow}: {field} {problem}.",
                workflow=target.name,
                field=error.field,
                problem=error.problem,
            ) from None
        execution.checkpoint(f"submit {target.name}", lambda: self._engine.submit(new).item_id)

    def _complete(self, execution: Execution, result: BaseModel | None) -> str:
        item = execution.item
        data = None if result is None else result.model_dump(mode="json")
        with self._ending(execution, "done") as writing:
            now = clock.now()
            _insist(transitions.complete(writing.db, item.id, item.attempt, result=data, now=now))
        return "done"

    @contextmanager
    def _ending(self, execution: Execution, end: str) -> Iterator[Writing]:
        """Open the transaction that ends an execution; it also logs the end."""
        with self._core.log.writing() as writing:
            execution.write_events(writing)
            yield writing
            writing.event(execution.entry(Kind.RUN_ENDED, "{end}", {"end": end}))

    def _park(self, execution: Execution, review: NewReview) -> str:
        item, end = execution.item, "waits for a person"
        facts = {**review.facts, "code": review.code}
        opened = execution.entry(
            Kind.REVIEW_OPENED, review.message, facts, level=Level.WARNING, step=review.step
        )
        with self._ending(execution, end) as writing:
            held = transitions.send_to_review(
                writing.db,
                item.id,
                item.attempt,
                code=review.code,
                reason=reason_of(review),
                now=clock.now(),
            )
            _insist(held)
            self._core.open_review(writing.db, item, review)
            writing.event(opened)
        return end

    def _cancel(self, execution: Execution, who: str) -> str:
        item = execution.item
        with self._ending(execution, "cancelled") as writing:
            held = transitions.cancel_held(
                writing.db, item.id, item.attempt, who=who, now=clock.now()
            )
            _insist(held)
        return "cancelled"

    def _postpone(self, execution: Execution, signal: Postponed, *, failed: bool) -> str:
        item = execution.item
        facts = {
            "until": signal.until.isoformat(timespec="seconds"),
            "reason": signal.reason,
            "code": signal.code,
        }
        with self._ending(execution, "postponed") as writing:
            held = transitions.postpone(
                writing.db,
                item.id,
                item.attempt,
                not_before=signal.until,
                code=signal.code,
                reason=signal.reason,
                failed=failed,
                now=clock.now(),
            )
            _insist(held)
            writing.event(execution.entry(Kind.POSTPONED, "until {until}: {reason}", facts))
        return "postponed"

    def _failed(self, execution: Execution, failure: StepFailed) -> str:
        error = failure.error
        execution.event(
            Kind.EXCEPTION,
            error.message,
            {**error.facts, "code": error.code, "exception": type(error).__name__},
            level=Level.ERROR if isinstance(error, ApplicationException) else Level.WARNING,
            step=failure.step,
            if_held=True,
        )
        workflow = self._core.workflow(execution.item.workflow)
        until = workflow.retry.rule(error.code).next_attempt(execution.item, clock.now())
        if isinstance(error, ApplicationException) and until is not None:
            until = max(until, failure.earliest or until)
            return self._postpone(execution, Postponed(until, error.code, str(error)), failed=True)
        return self._park(execution, failure.review or form_of(execution, error))

    def _keep_sweeping(self) -> None:
        while not self._stopped.wait(self._settings.sweep_s):
            try:
                self._sweep.once()
            except StoreLost:
                return  # the process is ending
            except Exception:  # noqa: BLE001 - a failed sweep is retried in a moment
                logger.exception("the sweep failed and will be retried")

    def _flush(self) -> None:
        """Write the events that running executions have not written yet."""
        for execution in tuple(self._at_work):
            execution.write_waiting()


def _insist(held: bool) -> None:
    if not held:
        raise Fenced("the item was taken over before this execution could end it")
