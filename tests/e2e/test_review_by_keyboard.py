"""A person works through reviews in a real Chromium with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from clerkwork import clock
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.reviews import Decision, Review
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events
from tests.every_widget import delivery
from tests.fixtures_console import Served

SHEET = "#sheet"


def stored(served: Served, number: int) -> Review:
    with served.project.store.read() as db:
        found = reviews.get(db, number)
    assert found is not None
    return found


def focused(page: Page) -> str | None:
    return page.evaluate("document.activeElement.dataset.path ?? null")


def test_whole_review_by_keyboard(served, page):
    """From the queue to the next review: correct one field, confirm another, submit."""
    scan = served.project.filler().document()
    order = served.project.filler().order()
    page.goto(f"{served.address}/queue")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{scan}")
    supplier = page.locator('input[data-path="supplier"]')
    expect(supplier).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "Northwind GmbO"
    expect(page.locator('rect.lit[data-box="supplier"]')).to_have_count(2)  # a box for each line
    expect(page.locator("rect.lit")).to_have_count(2)
    page.keyboard.type("Northwind GmbH")
    page.keyboard.press("Enter")
    expect(page.locator('input[data-path="tax"]')).to_be_focused()
    expect(page.locator("rect.lit")).to_have_attribute("data-box", "tax")
    page.keyboard.press("Shift+Enter")
    expect(supplier).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+1")
    expect(page.locator('input[data-path="tax"]')).to_have_value("10.40")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/review/{order}")
    expect(page.locator('input[data-path="total"]')).to_be_focused()
    answer = stored(served, scan)
    assert (answer.decision, answer.answer["supplier"], answer.answer["tax"]) == (
        Decision.CORRECT,
        "Northwind GmbH",
        "10.40",
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator(".empty")).to_be_visible()
    assert stored(served, order).decision is Decision.CORRECT


def test_wrong_value_keeps_the_place(served, page):
    """The field with the problem has the focus, and everything typed is still there."""
    number = served.project.filler().order()
    page.goto(f"{served.address}/review/{number}")
    total = page.locator('input[data-path="total"]')
    expect(total).to_be_focused()
    page.keyboard.type("many")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".problem")).to_have_text("Write a number, such as 1234.50.")
    expect(total).to_be_focused()
    expect(total).to_have_value("many")
    assert stored(served, number).decision is None


def test_choices_and_check_boxes_need_no_mouse(served, page):
    """Arrow keys choose, Space ticks, Enter goes on, and a new line of a long text is Enter."""
    doubtful = ("carrier", "insured", "description", "lines.1.fragile")
    number = delivery(served.project, doubtful=doubtful)
    page.goto(f"{served.address}/review/{number}")
    expect(page.locator('[data-path="carrier"]')).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator('[data-path="insured"]')).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator('[data-path="description"]')).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("Twice.")
    page.keyboard.press("Tab")
    expect(page.locator('[data-path="lines.0.code"]')).to_be_focused()
    page.locator('[data-path="lines.1.fragile"]').focus()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".empty")).to_be_visible()
    answer = stored(served, number).answer
    assert (answer["carrier"], answer["insured"], answer["description"], answer["lines"][1]) == (
        "sea",
        False,
        "Leave at gate 3.\nCall first.\nTwice.",
        {"code": "B", "quantity": "7.5", "unit": "kg", "packed": None, "fragile": True},
    )


def test_every_widget_keeps_what_was_typed(served, page):
    """One wrong value brings the form back with the problem at it and all other changes."""
    number = delivery(served.project)
    page.goto(f"{served.address}/review/{number}?lang=en")
    page.locator('[data-path="order_date"]').fill("2026-02-31")
    page.locator('[data-path="currency"]').select_option("")
    page.locator('[data-path="insured"]').uncheck()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".problem")).to_have_text(
        "Write a date that exists as YYYY-MM-DD, such as 2026-11-30."
    )
    expect(page.locator('[data-path="order_date"]')).to_be_focused()
    expect(page.locator('[data-path="order_date"]')).to_have_value("2026-02-31")
    expect(page.locator('[data-path="currency"]')).to_have_value("")
    expect(page.locator('[data-path="insured"]')).not_to_be_checked()
    page.keyboard.type("2026-03-01")
    expect(page.locator('[data-date-of="order_date"]')).to_have_text("Sunday, March 1, 2026")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".empty")).to_be_visible()
    answer = stored(served, number).answer
    kept = (answer["order_date"], answer["currency"], answer["insured"])
    assert kept == ("2026-03-01", None, False)


def test_lines_are_added_and_removed(served, page):
    """Alt+L adds a line, Alt+D takes the focused one away."""
    number = served.project.filler().order()
    page.goto(f"{served.address}/review/{number}")
    expect(page.locator('input[data-path="total"]')).to_be_focused()
    page.keyboard.press("Alt+L")
    for text in ("NEW", "A new part", "2", "3.00", "6.00"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.locator('input[data-path="lines.0.code"]').focus()
    page.keyboard.press("Alt+D")
    expect(page.locator('input[data-path="lines.0.code"]')).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".empty")).to_be_visible()
    codes = [line["code"] for line in stored(served, number).answer["lines"]]
    assert (len(codes), codes[-1]) == (2, "NEW")


@pytest.mark.parametrize(
    ("key", "decision"),
    [("Alt+R", Decision.REJECT), ("Alt+T", Decision.RETURN), ("Alt+H", Decision.BY_HAND)],
)
def test_other_decisions_ask_for_their_reason(served, page, key, decision):
    """The key opens a question, Ctrl+Enter answers it."""
    number = served.project.filler().order()
    page.goto(f"{served.address}/review/{number}")
    page.keyboard.press(key)
    page.keyboard.type("no longer needed")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".empty")).to_be_visible()
    answer = stored(served, number)
    assert (answer.decision, answer.note) == (decision, "no longer needed")


def test_skip_and_back_to_the_same_row(served, page):
    """Alt+S opens the next review; Escape leads back to the row one came from."""
    first, second = (served.project.filler().order(f"PO-{number}") for number in (1, 2))
    page.goto(f"{served.address}/queue?workflow=purchase_orders")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{first}")
    expect(page.locator('input[data-path="total"]')).to_be_focused()
    page.keyboard.press("Alt+S")
    page.wait_for_url(f"**/review/{second}")
    expect(page.locator('input[data-path="total"]')).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/queue\?workflow=purchase_orders#review-"))
    expect(page.locator(f"#review-{second} a")).to_be_focused()


def test_sheet_of_keys_comes_from_the_table_and_pages_are_a_chord_away(served, page):
    """`?` shows what the page can do, and `g m` leads to the metrics."""
    page.goto(served.address)
    page.keyboard.press("?")
    expect(page.locator(SHEET)).to_contain_text("g q")
    page.keyboard.press("Escape")
    expect(page.locator(SHEET)).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/metrics")


def test_theme_is_chosen_once(served, page):
    """The choice stays on the next page."""
    page.goto(served.address)
    page.get_by_label("Light or dark").click()
    page.goto(f"{served.address}/queue")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_filter_narrows_the_rows_while_typing(served, page):
    """The rows follow the filter without leaving the field, and so does the address."""
    for number in (1, 2):
        served.project.filler().order(f"PO-{number}")
    page.goto(f"{served.address}/queue")
    page.locator("form[data-htmx-powered]").wait_for()  # it listens a moment after the page's load
    page.keyboard.press("/")
    page.keyboard.type("PO-2")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("input[type=search]")).to_be_focused()
    page.wait_for_url("**/queue?text=PO-2*")


def test_metrics_draw_their_trend(served_full, page):
    """The chart is drawn from the table of values under the page's strict policy."""
    page.goto(f"{served_full.address}/metrics")
    expect(page.locator("#trend canvas")).to_be_visible()


def test_log_follows_a_run_until_it_ends(served, page):
    """New lines of any process appear without a reload, and the page says when the run ends."""
    served.project.filler().order()
    page.goto(f"{served.address}/runs/item-1-1")
    expect(page.locator("#follow")).to_be_checked()
    for kind, message in ((Kind.NOTE, "half way"), (Kind.RUN_ENDED, "over")):
        with served.project.store.write() as db:
            new = Event(at=clock.now(), kind=kind, item_id=1, run_id="item-1-1", message=message)
            events.add(db, new)
        expect(page.locator("#log")).to_contain_text(message)
    expect(page.locator("h1 .chip")).to_have_text("ended")
