"""The context of every page: the project, the fallback queue, the templates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from clerkwork import clock
from clerkwork.config.settings import Settings
from clerkwork.engine.facade import Engine
from clerkwork.model.project.workflows import Workflow
from clerkwork.review.queue import ReviewQueue
from clerkwork.store.database import Store
from clerkwork.web import formatting, keys, labels, links, runbook, widgets
from clerkwork.web.form_data import LEAF
from clerkwork.web.i18n import gettext, language, ngettext

FOLDER = Path(__file__).parent


class Project(Protocol):
    """The part of an open project that the console needs; ``clerkwork.app.App`` is one."""

    @property
    def root(self) -> Path:
        """Return the project's folder."""

    @property
    def settings(self) -> Settings:
        """Return its settings."""

    @property
    def workflows(self) -> dict[str, Workflow]:
        """Return its workflows by name."""

    @property
    def store(self) -> Store:
        """Return its store."""

    @property
    def engine(self) -> Engine:
        """Return its engine."""

    @property
    def evidence(self) -> Path:
        """Return the folder of evidence."""

    def no_intake(self) -> str:
        """Return why intake is stopped; empty while it is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nav:
    """A page's entry in the navigation.

    Attributes:
        order: Its place, from left to right.
        name: Its template without the suffix, and its key in ``keys``.
        title: In English, to be translated.
    """

    order: int
    name: str
    path: str
    title: str


@dataclass(slots=True, kw_only=True)
class Desk:
    """The objects that all pages share; one per process.

    Attributes:
        zone: The time zone of the readers.
        navigation: The entries of the navigation, in order.
    """

    project: Project
    reviews: ReviewQueue
    zone: ZoneInfo
    navigation: list[Nav] = field(default_factory=list)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the templates."""
        self.templates = _environment(self.zone)

    @property
    def store(self) -> Store:
        """Return the project's store."""
        return self.project.store

    @property
    def who(self) -> str:
        """Return the name of the one local user."""
        return self.project.settings.console.user

    @property
    def day_offset(self) -> timedelta:
        """Return today's offset of the readers' time zone from UTC."""
        return clock.now().astimezone(self.zone).utcoffset() or timedelta()

    def workflow_title(self, name: str) -> str:
        """Return the title of the workflow in the reader's language."""
        workflow = self.project.workflows.get(name)
        if workflow is None:
            return name
        chinese = language.get() == "zh"
        return workflow.title_zh if chinese and workflow.title_zh else workflow.title

    def page(
        self, request: Request, name: str, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Return the page of the template called *name*."""
        other = "zh" if language.get() == "en" else "en"
        text = self.templates.get_template(f"{name}.html").render(
            page=name,
            language=language.get(),
            other_language=_other_language(request, other, status),
            navigation=self.navigation,
            sheet=(*keys.SHEETS.get(name, ()), *keys.EVERYWHERE),
            workflow_title=self.workflow_title,
            workflows=sorted(self.project.workflows),
            now=clock.now(),
            user=self.who,
            **context,
        )
        return HTMLResponse(text, status)


def _other_language(request: Request, language_wanted: str, status: int) -> str:
    """Return this page's address in the other language; the start page for a refused address."""
    if request.method != "GET" or status != 200:
        return f"/?lang={language_wanted}"
    return links.with_query(request, lang=language_wanted)


def make_desk(project: Project, load_model: Callable[[str], type[BaseModel]]) -> Desk:
    """Return the desk of *project*."""
    return Desk(
        project=project,
        reviews=ReviewQueue(project.store, project.engine.answer, load_model),
        zone=ZoneInfo(project.settings.console.timezone),
    )


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(_desk)]


def _environment(zone: ZoneInfo) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([FOLDER / "templates", widgets.FOLDER.parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined] # added by jinja2.ext.i18n
        gettext, ngettext, newstyle=True
    )
    environment.globals |= {
        "key": keys.combo,
        "said": labels.said,
        "problem": labels.problem,
        "translated": gettext,
        "title": labels.title,
        "kpi_title": labels.kpi_title,
        "kpi_in_window": labels.kpi_in_window,
        "kpi_detail": labels.kpi_detail,
        "words": labels,
        "advice_on": runbook.advice,
        "items_url": links.items_url,
        "static": _static,
        "template_of": widgets.template_of,
        "widget_of": widgets.widget_of,
        "leaf": LEAF,
    }
    environment.filters |= _filters(zone)
    return environment


def _filters(zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    return {
        "stamp": lambda instant: formatting.stamp(instant, zone),
        "time": lambda instant: formatting.time_of_day(instant, zone),
        "span": formatting.span,
        "span_ms": formatting.span_ms,
        "age": formatting.age,
        "share": formatting.share,
        "number": formatting.number,
        "kpi_value": formatting.kpi_value,
        "amount": formatting.amount,
        "prose": formatting.prose,
        "step_name": formatting.step_name,
    }


def _static(name: str) -> str:
    """Return the address of a static file; it changes when the file does."""
    return f"/static/{name}?v={(FOLDER / 'static' / name).stat().st_mtime_ns:x}"
