"""Settings: `config/default.toml`, overridden by `config/<environment>.toml` and the environment.

Only this package and `discover` read configuration files and environment variables. The
descriptions of the fields are the reference documentation of the settings.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from clerkwork.errors import ConfigError
from clerkwork.model.project.calendars import minute_of
from clerkwork.model.strict import LONGEST_S, Days, Name, Seconds


class Section(BaseModel):
    """A section of settings; an unknown key is an error, so that a typing mistake is noticed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class StoreSettings(Section):
    """The store of items, reviews, effects and events."""

    url: str = Field(
        "sqlite:///var/clerkwork.db",
        description="SQLAlchemy URL of the store; a relative SQLite path starts at the project.",
    )


class WorkerSettings(Section):
    """Workers."""

    concurrency: int = Field(
        1,
        ge=1,
        le=32,
        description="Items that one worker processes at once, per queue; the same on every host.",
    )
    limits: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description="Items that the workers of all hosts together process at once, by queue; the "
        "same on every host.",
    )
    labels: list[Name] = Field(
        default_factory=list,
        description="Special features of this host, such as `windows`, for workflows that require "
        "them under `labels`.",
    )
    poll_s: Seconds = Field(0.1, description="Seconds between two polls of a queue.")
    sweep_s: Seconds = Field(
        1.0, description="Seconds between two heartbeats and sweeps for dead workers."
    )
    lease_s: Seconds = Field(
        15.0, description="A worker without a heartbeat for this many seconds counts as dead."
    )
    drain_s: int = Field(
        120,
        ge=1,
        le=LONGEST_S,
        description="Seconds that a worker waits for its items when it is asked to end.",
    )
    bot_memory_mb: int = Field(
        1500,
        ge=200,
        description="Memory limit of the process of a bot with `timeout_s`; above it the process "
        "is killed.",
    )


class ConsoleSettings(Section):
    """The web console."""

    host: str = Field("127.0.0.1", description="Address it binds to; only loopback for now.")
    port: int = Field(8700, ge=0, le=65535, description="Its port; 0 chooses a free one.")
    user: str = Field("local", description="Name of the local user in logs.")
    timezone: str = Field(
        "Asia/Shanghai", description="IANA time zone in which the console shows days and times."
    )


class BrowserSettings(Section):
    """The browser that bots use."""

    executable: str = Field(
        "", description="Path of a Chromium; empty: the system's, else Playwright's."
    )
    headless: bool = Field(True, description="Run the browser without a window.")
    memory_mb: int = Field(
        1500, ge=200, description="Memory limit of the browser; above it the browser is killed."
    )
    trace_percent: float = Field(
        1.0,
        ge=0,
        le=100,
        description="Percent of the calls whose full trace is kept, without secrets, cookies and "
        "bodies. The trace of a call that fails soon after another failure is always kept.",
    )


class DocumentSettings(Section):
    """Reading of documents."""

    engine: str = Field(
        "auto",
        description="Engine that reads scans: `tesseract`, `rapidocr`, `tesserocr`, `none` for "
        "text layers only, `replay`; `auto` chooses the best installed one.",
    )
    verify: str = Field(
        "auto",
        description="Second engine that confirms the values of the first one; `auto` chooses the "
        "best other installed one, `none` lets the first engine confirm itself.",
    )
    languages: str = Field("eng+chi_sim", description="Tesseract languages, joined by `+`.")
    date_order: Literal["", "dmy", "mdy"] = Field(
        "",
        description="Order of numeric dates on receipts; empty: an ambiguous date is doubtful.",
    )
    dpi: int = Field(200, ge=72, le=600, description="Resolution of rendered PDF pages.")
    max_pages: int = Field(20, ge=1, description="A document with more pages is rejected.")
    max_file_mb: int = Field(25, ge=1, description="A larger file is rejected.")
    page_timeout_s: Seconds = Field(
        60.0,
        description="Processor time limit for one page in seconds; the wall time limit is six "
        "times as long.",
    )
    memory_mb: int = Field(
        1200, ge=200, description="Memory limit of the reader; above it the reader is killed."
    )
    min_probability: float = Field(
        0.85,
        ge=0,
        le=1,
        description="A value goes to a person if values with the same evidence were correct less "
        "often than this; config/thresholds.yaml overrides it by source and field.",
    )
    sample_percent: float = Field(
        3.0,
        ge=0,
        le=100,
        description="Percent of the documents that a person reviews although all values passed, to "
        "measure the error rate; 2 to 5 is usual, 0 measures nothing.",
    )
    processes: int = Field(
        1, ge=1, le=16, description="Processes that read the pages of one document in parallel."
    )
    recycle_pages: int = Field(
        100, ge=1, description="Pages after which a reader process is restarted."
    )
    cache_mb: int = Field(200, ge=0, description="Size of the cache of readings; 0 disables it.")
    replay: str = Field("", description="Folder of stored readings for the engine `replay`.")


class RetentionSettings(Section):
    """Retention periods, applied by `clerkwork tidy` and once a day by the scheduler.

    Only data of closed items is deleted; the effect ledger is kept for ever.
    """

    log_days: Days = Field(90, ge=1, description="Days to keep the run log of a closed item.")
    success_days: Days = Field(
        7, ge=0, description="Days to keep the pictures of an item without failure or review."
    )
    failure_days: Days = Field(
        30, ge=0, description="Days to keep the pictures of an item with a failed attempt."
    )
    review_days: Days = Field(
        90, ge=0, description="Days to keep the pictures of an item that a person reviewed."
    )
    attached_days: Days = Field(
        760, ge=0, description="Days to keep files attached by bots, at most as long as the item."
    )
    items_days: Days = Field(
        760, ge=30, description="Days to keep a closed item, its reviews and its metrics."
    )
    runs_days: Days = Field(
        30, ge=1, description="Days to keep the checkpoints of a closed item's runs."
    )
    planned_days: Days = Field(
        90, ge=8, description="Days to keep planned runs; the latest of a schedule is always kept."
    )
    deliveries_days: Days = Field(
        760,
        ge=30,
        description="Days to remember the id of a webhook delivery or a mail; must be longer than "
        "a sender may repeat one.",
    )
    evidence_max_gb: float = Field(
        20.0,
        ge=0,
        description="Maximum size of the evidence folder; above it the oldest pictures are "
        "deleted, those of successful items first. Each run keeps the pictures of its first, last "
        "and failed steps.",
    )
    disk_evidence_percent: float = Field(
        85.0, ge=0, le=101, description="No new pictures while the disk is this full."
    )
    disk_claims_percent: float = Field(
        92.0,
        ge=0,
        le=101,
        description="No intake and no new work while the disk is this full.",
    )


def _time_of_day(text: str) -> str:
    minute_of(text)
    return text


class ReconcileSettings(Section):
    """The comparison with the targets, by `clerkwork reconcile` and nightly by the scheduler."""

    at: Annotated[str, AfterValidator(_time_of_day)] = Field(
        "02:30", description="Local time of the nightly run, in the console's time zone."
    )
    hours: float = Field(
        48.0,
        gt=0,
        le=LONGEST_S / 3600,
        description="Every entry of the last hours, this many, is looked up in its target.",
    )


class HealthSettings(Section):
    """The limits above which `doctor`, `/health` and the page Today warn."""

    waiting_minutes: float = Field(
        60.0,
        gt=0,
        le=LONGEST_S / 60,
        description="Warn if an item waits longer than this many minutes for a worker.",
    )
    backup_hours: float = Field(
        26.0,
        ge=0,
        le=LONGEST_S / 3600,
        description="Warn if the last backup is older than this many hours; 0 never warns.",
    )


class FolderSettings(Section):
    """Folders, relative to the project."""

    inbox: str = Field("inbox", description="Folder that sources watch.")
    logs: str = Field("logs", description="Folder of the run logs.")
    evidence: str = Field("var/evidence", description="Folder of pictures and stored documents.")
    cache: str = Field("var/cache", description="Cache of readings; may be deleted.")


class Settings(BaseSettings):
    """Every setting of a project."""

    model_config = SettingsConfigDict(
        env_prefix="CLERKWORK_", env_nested_delimiter="__", extra="forbid"
    )

    store: StoreSettings = Field(default_factory=StoreSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
    browser: BrowserSettings = Field(default_factory=BrowserSettings)
    documents: DocumentSettings = Field(default_factory=DocumentSettings)
    folders: FolderSettings = Field(default_factory=FolderSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    reconcile: ReconcileSettings = Field(default_factory=ReconcileSettings)
    health: HealthSettings = Field(default_factory=HealthSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source of ours
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source of ours
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return one source per file, highest precedence first; a merged source would lose keys."""
        files = [TomlConfigSettingsSource(settings_cls, file) for file in _files]
        return (init_settings, env_settings, *files)


_files: list[Path] = []


def load_settings(root: Path) -> Settings:
    """Return the settings of the project in *root*.

    Raises:
        ConfigError: A file cannot be read or a value is wrong; names file or variable, and key.
    """
    settings, problems = read_settings(root)
    if settings is None:
        raise problems[0]
    return settings


def read_settings(root: Path) -> tuple[Settings | None, list[ConfigError]]:
    """Return the settings of the project in *root*, or None and all their problems."""
    environment = os.environ.get("CLERKWORK_ENVIRONMENT", "")
    names = [f"{environment}.toml"] if environment else []
    _files[:] = [root / "config" / name for name in [*names, "default.toml"]]
    if environment and not _files[0].is_file():
        text = "does not exist; write it, or correct the variable CLERKWORK_ENVIRONMENT"
        return None, [ConfigError(f"config/{environment}.toml", text)]
    problems = []
    for file in _files:
        try:
            _parse(file, root)
        except ConfigError as error:
            problems.append(error)
    if problems:
        return None, problems
    try:
        return Settings(), []
    except ValidationError as error:
        return None, [_explained(detail, root) for detail in error.errors(include_url=False)]


def _parse(file: Path, root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(file.relative_to(root)), f"is not valid TOML: {error}") from None


def _explained(problem: ErrorDetails, root: Path) -> ConfigError:
    path = [str(part) for part in problem["loc"]]
    place = _place(path, root)
    return ConfigError(place, f"{'.'.join(path)}: {problem['msg']}, found {problem['input']!r}")


def _place(path: list[str], root: Path) -> str:
    """Return the source of highest precedence that has the value at *path*."""
    variable = "CLERKWORK_" + "__".join(path).upper()
    if variable in os.environ:
        return f"environment variable {variable}"
    for file in _files:
        node: Any = _parse(file, root)
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        if node is not None:
            return str(file.relative_to(root))
    return "config/default.toml"
