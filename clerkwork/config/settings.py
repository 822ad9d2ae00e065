"""Settings: `config/default.toml`, then `config/<environment>.toml`, then the environment.

This package and `discover` are the only readers of configuration files and of the environment.
The descriptions of the fields are the reference documentation of every setting.
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
    """Refuses keys it does not know, so that a typing slip is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class StoreSettings(Section):
    """Where items, reviews, effects and events are kept."""

    url: str = Field(
        "sqlite:///var/clerkwork.db",
        description="SQLAlchemy address of the store; a relative SQLite path is in the project.",
    )


class WorkerSettings(Section):
    """How a worker works."""

    concurrency: int = Field(
        1,
        ge=1,
        le=32,
        description="Items one worker works on at once, per queue; the same on every host.",
    )
    limits: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description="Items all workers of all hosts together work on at once, for each queue that "
        "is named; the same on every host.",
    )
    labels: list[Name] = Field(
        default_factory=list,
        description="What this host has that not every host has, such as `windows`, for workflows "
        "that ask for it under `labels`.",
    )
    poll_s: Seconds = Field(0.1, description="Seconds between two looks into a queue.")
    sweep_s: Seconds = Field(
        1.0, description="Seconds between two heartbeats and sweeps for dead workers."
    )
    lease_s: Seconds = Field(
        15.0, description="A worker silent for this many seconds counts as dead."
    )
    drain_s: int = Field(
        120,
        ge=1,
        le=LONGEST_S,
        description="Seconds a worker that is asked to end gives the items it works on.",
    )
    bot_memory_mb: int = Field(
        1500,
        ge=200,
        description="Memory above which the process of a bot with `timeout_s` is killed.",
    )


class ConsoleSettings(Section):
    """The console for people."""

    host: str = Field("127.0.0.1", description="Address it binds to; only loopback for now.")
    port: int = Field(8700, ge=0, le=65535, description="Its port; 0 takes a free one.")
    user: str = Field("local", description="Name of the one local user, as logs show it.")
    timezone: str = Field(
        "Asia/Shanghai", description="IANA time zone in which the console shows days and times."
    )


class BrowserSettings(Section):
    """The browser that bots use."""

    executable: str = Field(
        "", description="Path of a Chromium; empty: the system's, then Playwright's own."
    )
    headless: bool = Field(True, description="Whether the browser has no window.")
    memory_mb: int = Field(1500, ge=200, description="Memory above which the browser is killed.")
    trace_percent: float = Field(
        1.0,
        ge=0,
        le=100,
        description="Percent of the calls whose full trace is kept, without secrets, cookies and "
        "bodies. That of a call that fails soon after another one is kept in any case.",
    )


class DocumentSettings(Section):
    """How documents are read."""

    engine: str = Field(
        "auto",
        description="Engine that reads scans: `tesseract`, `rapidocr`, `tesserocr`, `none` for "
        "text layers only, `replay`; `auto` takes the best that is installed.",
    )
    verify: str = Field(
        "auto",
        description="Another engine that confirms what the first one read; `auto` takes the best "
        "other one that is installed, `none` lets the first confirm itself.",
    )
    languages: str = Field("eng+chi_sim", description="Tesseract languages, joined by `+`.")
    date_order: Literal["", "dmy", "mdy"] = Field(
        "", description="How dates of figures are written on receipts; empty: it is doubted."
    )
    dpi: int = Field(200, ge=72, le=600, description="Dots per inch a PDF page is drawn with.")
    max_pages: int = Field(20, ge=1, description="A document with more pages is rejected.")
    max_file_mb: int = Field(25, ge=1, description="A larger file is rejected.")
    page_timeout_s: Seconds = Field(
        60.0,
        description="Seconds of processor time for the reading of one page; by the clock six times "
        "as many.",
    )
    memory_mb: int = Field(1200, ge=200, description="Memory above which the reader is killed.")
    min_probability: float = Field(
        0.85,
        ge=0,
        le=1,
        description="A value goes to a person when values with the same evidence were right less "
        "often; config/thresholds.yaml sets it for single fields and sources.",
    )
    sample_percent: float = Field(
        3.0,
        ge=0,
        le=100,
        description="Percent of the documents that a person looks at although all of it passed, "
        "so that the share of wrong values is known; 2 to 5 is usual, 0 measures nothing.",
    )
    processes: int = Field(
        1, ge=1, le=16, description="Processes that read the pages of one document at once."
    )
    recycle_pages: int = Field(
        100, ge=1, description="Pages after which a reading process is started anew."
    )
    cache_mb: int = Field(
        200, ge=0, description="Size of the folder of readings made before; 0 keeps none."
    )
    replay: str = Field("", description="Folder of stored readings for the engine `replay`.")


class RetentionSettings(Section):
    """What is deleted when, by `clerkwork tidy` and once a day by a scheduler.

    Only what belongs to closed items is deleted; the effect ledger stays for ever.
    """

    log_days: Days = Field(90, ge=1, description="Days the run log of a closed item is kept.")
    success_days: Days = Field(
        7, ge=0, description="Days pictures of an item are kept that nothing happened to."
    )
    failure_days: Days = Field(
        30, ge=0, description="Days pictures of an item are kept that failed on the way."
    )
    review_days: Days = Field(
        90, ge=0, description="Days pictures of an item are kept that a person saw."
    )
    attached_days: Days = Field(
        760, ge=0, description="Days files that bots attached are kept, at most as long as items."
    )
    items_days: Days = Field(
        760, ge=30, description="Days a closed item and its reviews are kept, and so its metrics."
    )
    runs_days: Days = Field(
        30, ge=1, description="Days the checkpoints of a closed item's runs are kept."
    )
    planned_days: Days = Field(
        90, ge=8, description="Days planned runs are kept; the newest of a schedule stays."
    )
    deliveries_days: Days = Field(
        760,
        ge=30,
        description="Days a delivery of a webhook or a mail is known by its id; longer than any "
        "sender may repeat one.",
    )
    evidence_max_gb: float = Field(
        20.0,
        ge=0,
        description="Size of the folder of evidence above which the oldest pictures go, of "
        "successful items first; a run's first, last and failed steps keep theirs.",
    )
    disk_evidence_percent: float = Field(
        85.0, ge=0, le=101, description="No new pictures while the disk is this full."
    )
    disk_claims_percent: float = Field(
        92.0,
        ge=0,
        le=101,
        description="No items are taken, in or to work, while the disk is this full.",
    )


def _time_of_day(text: str) -> str:
    minute_of(text)
    return text


class ReconcileSettings(Section):
    """The sweep for duplicates, by `clerkwork reconcile` and once a night by a scheduler."""

    at: Annotated[str, AfterValidator(_time_of_day)] = Field(
        "02:30", description="Local time of the nightly sweep, in the console's time zone."
    )
    hours: float = Field(
        48.0,
        gt=0,
        le=LONGEST_S / 3600,
        description="Hours back from which on every entry is looked up in its target.",
    )


class HealthSettings(Section):
    """From when on `doctor`, `/health` and the page Today warn."""

    waiting_minutes: float = Field(
        60.0,
        gt=0,
        le=LONGEST_S / 60,
        description="Minutes an item may wait for a worker without a warning.",
    )
    backup_hours: float = Field(
        26.0,
        ge=0,
        le=LONGEST_S / 3600,
        description="Hours after which a backup counts as old; 0 asks for none.",
    )


class FolderSettings(Section):
    """Folders, relative to the project."""

    inbox: str = Field("inbox", description="Folder that sources watch.")
    logs: str = Field("logs", description="Folder of the run logs.")
    evidence: str = Field("var/evidence", description="Folder of pictures and stored documents.")
    cache: str = Field("var/cache", description="Folder of readings made before; may be deleted.")


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
        """Return one source per file, the strongest first; one merged source would lose keys."""
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
    """Return the settings of the project in *root*, or None and every problem they have."""
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
    """Return the strongest source that holds the value at *path*."""
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
