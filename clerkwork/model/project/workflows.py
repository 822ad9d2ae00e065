"""Workflows as typed data; operations write them in YAML.

The descriptions of the fields are the reference documentation of every key.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from clerkwork.model.project.calendars import TimeOfDay
from clerkwork.model.project.sources import InboxKeys, SourceKeys
from clerkwork.model.strict import LONGEST_S, Name, Seconds, Strict
from clerkwork.model.work.queues import MOST_AGEING_S, Deadline, OnConflict
from clerkwork.model.work.retry import Retry


class Schedule(Strict):
    """When the source is looked at."""

    every_s: Seconds | None = Field(
        None, description="Seconds between two planned runs; this, or one of the next two."
    )
    cron: str | None = Field(
        None,
        description="Five-field cron expression, such as `*/5 8-18 * * mon-fri`. A day of the "
        "month and a weekday together mean either of them, as in every crontab. A local time that "
        "does not exist, because the clocks go forward, runs once at the next one that does; one "
        "that comes twice runs once, but an hour of `*` goes by the hours that pass.",
    )
    nth_business_day: int | None = Field(
        None,
        ge=-23,
        le=23,
        description="The worked day of each month, from 1; -1 is the last. Needs `at`, `calendar`.",
    )
    at: TimeOfDay | None = Field(
        None, description='Local time of `nth_business_day`, in quotes, such as `"09:30"`.'
    )
    timezone: str = Field(
        "UTC", description="IANA time zone of times and days, such as `Asia/Shanghai`."
    )
    calendar: Name | None = Field(
        None, description="Business calendar: a file of `config/calendars/` or a shipped one."
    )
    on_holiday: Literal["skip", "forward", "back", "run"] = Field(
        "skip",
        description="What happens to a run on a day off: not run at all, moved to the next or to "
        "the last worked day at the same local time, or run all the same. A day that is skipped "
        "has one planned run, which represents all of them.",
    )
    missed: Literal["run_once", "run_all", "skip", "ask"] = Field(
        "run_once",
        description="What happens to runs that were missed because no process ran: the latest one "
        "is run late and represents all, each is run, none is run, or a person decides with "
        "`clerkwork schedule release`.",
    )
    tolerance_s: Seconds = Field(
        60.0, description="Seconds after which a run counts as late, or as missed."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> "Schedule":
        given = [self.every_s, self.cron, self.nth_business_day]
        if sum(value is not None for value in given) != 1:
            raise ValueError("write exactly one of `every_s`, `cron` and `nth_business_day`")
        if self.nth_business_day == 0:
            raise ValueError("`nth_business_day` is 1 for the first and -1 for the last, never 0")
        if (self.nth_business_day is None) != (self.at is None):
            raise ValueError("`nth_business_day` and `at` belong together; write both or none")
        if self.calendar is None and (
            self.nth_business_day is not None or "on_holiday" in self.model_fields_set
        ):
            raise ValueError("write the `calendar` that says which days are worked")
        if self.every_s is not None and self.on_holiday in {"forward", "back"}:
            raise ValueError("an interval cannot be moved to another day; write skip or run")
        if self.missed == "run_all" and self.every_s is not None and self.every_s < 60:
            raise ValueError("`missed: run_all` needs at least 60 seconds between two runs")
        return self


class QueueTrigger(Strict):
    """Holds new items until there are enough of them; then all of them are released."""

    min_items: int | None = Field(None, ge=1, description="Released when this many items are held.")
    max_age_s: Seconds = Field(
        86_400.0,
        description="Released when the oldest item was held for this many seconds.",
    )
    due_slack_s: Seconds | None = Field(
        None, description="Released when one of them is due within this many seconds."
    )


class Fallback(Strict):
    """The fallback queue of the workflow."""

    queue: Name = Field("people", description="Name of the fallback queue.")
    due_s: Seconds = Field(7200, description="Seconds within which a review should be answered.")
    manual_minutes: float = Field(
        10,
        ge=0,
        le=LONGEST_S / 60,
        description="Minutes a person takes for one item without a bot, for comparison.",
    )


class Step(Strict):
    """One step of a workflow: a bot, or the submission to another workflow."""

    bot: Name | None = Field(None, description="Name of the bot that works on the item.")
    submit: Name | None = Field(
        None, description="Name of the workflow that gets the result as a new item."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "Step":
        if (self.bot is None) == (self.submit is None):
            raise ValueError("write exactly one of `bot` and `submit`")
        return self


class Workflow(Strict):
    """One business process.

    The model that workflow files are read with has one more key for each source that is found.
    """

    name: Name = Field(description="Unique name; the file is called the same.")
    title: str = Field(description="What people call it, in English.")
    title_zh: str = Field("", description="What people call it, in Chinese.")
    schedule: Schedule | None = Field(None, description="When its source is looked at.")
    steps: Annotated[list[Step], Field(min_length=1)] = Field(
        description="What is done with each item, in order; the first step is a bot."
    )
    labels: list[Name] = Field(
        default_factory=list,
        description="Labels that a worker must have to work on its items, such as `windows`; see "
        "`worker.labels`. They wait in a queue of their own, such as `erp@windows`.",
    )
    reference: str = Field(
        "number", description="Field of the first bot's model that identifies an item."
    )
    group_key: str | None = Field(
        None,
        description="Field of the item; items of this workflow with equal values are never "
        "processed at the same time.",
    )
    group: Name | None = Field(
        None,
        description="Name of a group that workflows share: items with equal values of `group_key` "
        "in all workflows with this `group` are never processed at the same time.",
    )
    priority: int = Field(
        100, ge=1, le=1000, description="Priority of its items, from 1 (first) to 1000."
    )
    ageing_s: float = Field(
        60.0,
        gt=0,
        le=MOST_AGEING_S,
        description="Seconds of waiting that count as one step of priority.",
    )
    not_before_s: float = Field(
        0,
        ge=0,
        le=MOST_AGEING_S,
        description="Seconds after its arrival before which an item is not processed, such as "
        "while its sender may correct it; an instant that came with the item takes precedence.",
    )
    deadline: Deadline | None = Field(None, description="When its items should be closed.")
    target: Name | None = Field(
        None,
        description="The system its bots enter data into, a folder of `config/targets/`; by "
        "default the one that each bot names.",
    )
    on_conflict: OnConflict = Field(
        "review",
        description="When a known reference comes with other content. `review`: a person decides; "
        "`reject`: it is refused; `merge`: the known one stays as it is, also its priority and due "
        "instant; `supersede`: the new content takes its place while nothing was sent, with the "
        "priority and instants that its sender gives, else a person decides.",
    )
    queue_trigger: QueueTrigger | None = Field(
        None, description="When its new items are released to the workers; none: at once."
    )
    retry: Retry = Field(default_factory=Retry, description="What happens when a system fails.")
    fallback: Fallback = Field(default_factory=Fallback, description="Its fallback queue.")

    @model_validator(mode="after")
    def _shares_a_key(self) -> "Workflow":
        if self.group is not None and self.group_key is None:
            raise ValueError("`group` says who shares the values of `group_key`; write both")
        return self

    @property
    def sources(self) -> dict[str, SourceKeys]:
        """Return the keys of its sources, by the source's key in the file."""
        return {name: keys for name, keys in vars(self).items() if isinstance(keys, SourceKeys)}

    @property
    def inbox(self) -> InboxKeys | None:
        """Return the keys of the source whose items are read from files, or None."""
        return next((keys for keys in self.sources.values() if isinstance(keys, InboxKeys)), None)
