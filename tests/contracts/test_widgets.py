"""Every widget of the console draws a value, posts it back unchanged, and refuses a wrong one."""

import datetime as dt
import decimal
import enum
import typing
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pydantic
import pytest
from pydantic import BaseModel, create_model

from clerkwork.discover import catalog_files
from clerkwork.model.work.field_types import type_at
from clerkwork.model.work.reviews import AnswerInvalid, flatten, rebuild
from clerkwork.review.forms import FormField
from clerkwork.web import i18n, labels, page_context
from clerkwork.web.form_data import leaves_of
from clerkwork.web.widgets import Widget, all_widgets, widget_of
from tests.posted_pages import posted_by

SCOPE = {**vars(dt), **vars(decimal), **vars(enum), **vars(typing), **vars(pydantic)}
PAGE = '{% import "_parts.html" as parts with context %}{{ parts.input(field, locked=locked) }}'


@pytest.fixture(params=all_widgets().values(), ids=lambda widget: widget.name)
def widget(request: pytest.FixtureRequest) -> Widget:
    """Return one widget."""
    found: Widget = request.param
    return found


@pytest.fixture(scope="module", autouse=True)
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Read the Chinese."""
    i18n.load_catalogues(catalog_files(tmp_path_factory.mktemp("project")))


@pytest.fixture(params=i18n.LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak one language for one test."""
    token = i18n.language.set(request.param)
    yield request.param
    i18n.language.reset(token)


def model_of(widget: Widget) -> type[BaseModel]:
    """Return a model with one field, annotated as the widget's own example."""
    annotation = eval(widget.example["annotation"], SCOPE)  # noqa: S307 - written by the project
    return create_model("Example", value=(annotation, ...))


def field_of(widget: Widget, text: str) -> FormField:
    kind = type_at(model_of(widget), "value")
    return FormField(path="value", title="Value", value=text, shown=text, type=kind)


def drawn(field: FormField, *, locked: bool = False) -> str:
    environment = page_context._environment(ZoneInfo("UTC"))
    return environment.from_string(PAGE).render(field=field, locked=locked)


@pytest.mark.parametrize("state", ["value", "wrong"])
def test_page_posts_back_the_text_that_it_shows(widget: Widget, state: str) -> None:
    """A right value and a wrong one survive an answer to another field."""
    text = widget.example[state]
    assert leaves_of(posted_by(drawn(field_of(widget, text)))) == {"value": text}


def test_missing_value_stays_missing(widget: Widget) -> None:
    """No widget chooses a value that nobody gave."""
    assert leaves_of(posted_by(drawn(field_of(widget, "")))) == {"value": ""}


def test_value_reaches_the_data_and_is_shown_again(widget: Widget) -> None:
    """The posted text is parsed to data, and the data is shown as the same text."""
    leaves = leaves_of(posted_by(drawn(field_of(widget, widget.example["value"]))))
    data = rebuild(model_of(widget), leaves).model_dump(mode="json")
    assert flatten(data) == {"value": widget.example["value"]}


def test_wrong_value_is_refused_with_a_sentence(widget: Widget, language: str) -> None:
    """The sentence is about this field, and there is one in each language."""
    with pytest.raises(AnswerInvalid) as refused:
        rebuild(model_of(widget), {"value": widget.example["wrong"]})
    said = {path: labels.problem(text) for path, text in refused.value.problems.items()}
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in said["value"])
    assert (list(said), chinese) == (["value"], language == "zh")


def test_field_of_its_class_gets_the_widget(widget: Widget) -> None:
    """The example's annotation chooses the widget whose example it is."""
    assert widget_of(field_of(widget, widget.example["value"])) == widget


def test_locked_form_takes_no_input(widget: Widget) -> None:
    """A review that is closed or claimed by another person can only be read."""
    page = drawn(field_of(widget, widget.example["value"]), locked=True)
    assert ("readonly" in page or "disabled" in page, "<button" in page) == (True, False)
