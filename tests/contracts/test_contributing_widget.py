"""The widget of CONTRIBUTING.md works as it is printed."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkwork.web import widgets
from tests.contracts import test_widgets as contract

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = re.compile(r"```html\n({# (\S+):.*?)```", re.DOTALL)


@pytest.fixture
def widget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[widgets.Widget]:
    """Return the example of a widget, added to the folder of all widgets."""
    (template, path), *_others = EXAMPLE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert Path(path).parent == widgets.FOLDER.relative_to(ROOT)
    folder = shutil.copytree(widgets.FOLDER, tmp_path / widgets.FOLDER.name)
    (folder / Path(path).name).write_text(template, "utf-8")
    monkeypatch.setattr(widgets, "FOLDER", folder)
    widgets.all_widgets.cache_clear()
    yield widgets.all_widgets()[Path(path).stem]
    widgets.all_widgets.cache_clear()


def test_new_widget_draws_the_fields_of_its_class(widget: widgets.Widget) -> None:
    """Its class chooses it, and its example passes the contract."""
    contract.test_field_of_its_class_gets_the_widget(widget)
    contract.test_page_posts_back_the_text_that_it_shows(widget, "wrong")
    contract.test_value_reaches_the_data_and_is_shown_again(widget)
    contract.test_locked_form_takes_no_input(widget)
