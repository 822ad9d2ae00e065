"""The contract of a KPI, run over every KPI that is found."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clerkwork.insight import kpis
from clerkwork.insight.kpi import Better, Kpi, Unit, find_kpis
from clerkwork.insight.measures import ItemFilter, bot_seconds, review_minutes
from clerkwork.insight.metrics import report
from clerkwork.model.work.items import ItemState
from clerkwork.store.items import items
from clerkwork.store.items.items import Filter
from tests.fixtures_console import ConsoleProject, Served

FOLDER = Path(kpis.__path__[0])
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"\{\w*\}")
REFERENCE = Path(__file__).parent.parent.parent / "docs" / "reference" / "kpis.md"


@pytest.fixture(params=find_kpis().values(), ids=lambda kpi: kpi.name)
def kpi(request: pytest.FixtureRequest) -> Kpi:
    found: Kpi = request.param
    return found


def test_every_file_of_the_folder_is_a_kpi() -> None:
    """A KPI has the name of its file, so the key in an export leads to the code."""
    files = {file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_")}
    assert set(find_kpis()) == files


def test_kpi_is_declared_completely(kpi: Kpi) -> None:
    """Unit, direction, window, titles in both languages and a meaning are there."""
    assert (
        isinstance(kpi.unit, Unit),
        isinstance(kpi.better, Better),
        1 <= kpi.window_days <= 366,
        kpi.title.strip() == kpi.title != "",
        CHINESE.search(kpi.title_zh) is not None,
        kpi.meaning.endswith("."),
    ) == (True,) * 6


def test_details_fill_the_same_numbers_in_both_languages(kpi: Kpi) -> None:
    """The sentence below the figure uses `{items}` and `{of}` and nothing else."""
    english, chinese = (set(PLACEHOLDER.findall(text)) for text in (kpi.detail, kpi.detail_zh))
    assert (english, english - {"{items}", "{of}"}) == (chinese, set())


def test_share_has_a_denominator(kpi: Kpi) -> None:
    """A share without a denominator is a number of items."""
    assert kpi.unit is not Unit.SHARE or kpi.denominator != ()


def test_figure_opens_the_items_of_its_numerator(
    full_console_project: ConsoleProject, kpi: Kpi
) -> None:
    """The list has as many items as the figure says; a share is from 0 to 1."""
    project = full_console_project
    with project.store.read() as db:
        whole = report(db, Filter(), workflows=project.workflows, offset=timedelta(0))
        found = whole.kpis[kpi.name]
        listed = items.count(db, kpi.numerator.within(Filter()))
        counted = items.count(db, found.wanted)
    is_share = kpi.unit is not Unit.SHARE or 0 <= (found.value or 0) <= 1
    assert (found.items, counted, is_share) == (listed, listed, True)


def test_console_shows_the_kpi_in_both_languages(served_full: Served, kpi: Kpi) -> None:
    """The page Metrics has a tile with its title."""
    with served_full.client() as client:
        pages = [
            client.get("/metrics?days=all", headers={"Accept-Language": language}).text
            for language in ("en", "zh")
        ]
    shown = [f'<span class="label">{title}</span>' for title in (kpi.title, kpi.title_zh)]
    assert [label in page for label, page in zip(shown, pages, strict=True)] == [True, True]


def test_exports_hold_the_kpi(served_full: Served, kpi: Kpi) -> None:
    """JSON and CSV have its value, items, unit, direction and window."""
    with served_full.client() as client:
        figure = client.get("/metrics.json?days=all").json()["figures"][kpi.name]
        table = client.get("/metrics.csv?days=all").content.decode("utf-8-sig")
    (row,) = [
        row
        for row in csv.DictReader(io.StringIO(table))
        if (row["kpi"], row["workflow"]) == (kpi.name, "")
    ]
    declared = {"unit": kpi.unit, "better": kpi.better, "window_days": kpi.window_days}
    assert {name: figure[name] for name in declared} == declared
    assert {name: row[name] for name in figure} == {
        name: "" if value is None else str(value) for name, value in figure.items()
    }


def test_reference_describes_the_kpi(kpi: Kpi) -> None:
    """`docs/reference/kpis.md` has its row; `tools/make_reference.py` writes it."""
    assert f"| `{kpi.name}` | {kpi.title}<br>{kpi.title_zh} |" in REFERENCE.read_text("utf-8")


@pytest.mark.parametrize(
    "declared",
    [
        {"numerator": ItemFilter(healed=True), "measure": bot_seconds},
        {"numerator": ItemFilter(code="sample"), "measure": bot_seconds},
        {"denominator": (ItemFilter(code="sample"), ItemFilter(touched=True))},
        {"numerator": ItemFilter(state=ItemState.DONE), "measure": review_minutes},
    ],
)
def test_kpi_that_the_report_cannot_count_is_refused(declared: dict[str, Any]) -> None:
    """A filter that the report's statements cannot answer fails where it is declared."""
    with pytest.raises(ValueError, match="odd: "):
        replace(find_kpis()["arrived"], name="odd", **declared)
