"""A person takes words from the page of a document into a form, in a real Chromium."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from clerkwork.store.reviews import reviews
from clerkwork.store.schema import review as review_table
from tests.fixtures_console import Served

WORDS = [  # text, left, top, right, bottom, glued; far from every box of the form
    ("Northwind", 0.10, 0.90, 0.25, 0.92, False),
    ("GmbH", 0.27, 0.90, 0.35, 0.92, False),
    ("有限", 0.10, 0.94, 0.16, 0.96, False),
    ("公司", 0.17, 0.94, 0.23, 0.96, True),
]


@pytest.fixture
def supplier(served: Served, page: Page) -> Locator:
    """The focused field of a review whose page has words on it."""
    number = served.project.filler().document()
    with served.project.store.read() as db:
        review = reviews.get(db, number)
    assert review is not None
    sha256 = review.pages[0]
    file = served.project.evidence / sha256[:2] / f"{sha256}.words.json"
    keys = ("left", "top", "right", "bottom")
    words = [
        {"text": text, "glued": glued, "box": {"page": 0, **dict(zip(keys, box, strict=True))}}
        for text, *box, glued in WORDS
    ]
    file.write_text(json.dumps(words), "utf-8")
    page.goto(f"{served.address}/review/{number}")
    field = page.locator('input[data-path="supplier"]')
    expect(field).to_be_focused()
    return field


def word(page: Page, text: str) -> Locator:
    found = page.locator(f'rect[data-word="{text}"]')
    found.scroll_into_view_if_needed()
    return found


def test_a_click_puts_the_word_into_the_focused_field(page: Page, supplier: Locator) -> None:
    """The word takes the place of what was read, and the field keeps the focus."""
    word(page, "Northwind").click()
    expect(supplier).to_have_value("Northwind")
    expect(supplier).to_be_focused()
    expect(supplier).to_have_class("changed")


def test_ctrl_adds_words_with_blanks_where_the_page_has_them(page: Page, supplier: Locator) -> None:
    """Latin words are parted, Chinese ones that stand together are not."""
    word(page, "Northwind").click()
    word(page, "GmbH").click(modifiers=["Control"])
    expect(supplier).to_have_value("Northwind GmbH")
    word(page, "有限").click()
    word(page, "公司").click(modifiers=["Control"])
    expect(supplier).to_have_value("有限公司")


def test_dragging_takes_all_words_it_touches(page: Page, supplier: Locator) -> None:
    """A line drawn from the first to the last word takes both, in the order of reading."""
    first, last = word(page, "Northwind").bounding_box(), word(page, "GmbH").bounding_box()
    assert first is not None
    assert last is not None
    page.mouse.move(last["x"] + 3, last["y"] + 3)
    page.mouse.down()
    page.mouse.move(first["x"] + 3, first["y"] + 3)
    expect(page.locator("rect.caught")).to_have_count(2)
    page.mouse.up()
    expect(supplier).to_have_value("Northwind GmbH")


def test_what_was_put_in_can_be_undone(page: Page, supplier: Locator) -> None:
    """One key brings back what was there before."""
    before = supplier.input_value()
    word(page, "GmbH").click()
    expect(supplier).to_have_value("GmbH")
    page.keyboard.press("Control+Z")
    expect(supplier).to_have_value(before)


def test_each_of_five_candidates_is_a_key_and_a_click_away(served: Served, page: Page) -> None:
    """Alt+1 to Alt+5 take what the reading held possible, and so does a click on it."""
    number = served.project.filler().document()
    texts = [f"Northwind {letter}" for letter in "ABCDE"]
    with served.project.store.write() as db:
        mine = review_table.c.number == number
        fields = db.execute(review_table.select().where(mine)).one().fields
        told = [
            field | ({"candidates": texts} if field["path"] == "supplier" else {})
            for field in fields
        ]
        db.execute(review_table.update().where(mine).values(fields=told))
    page.goto(f"{served.address}/review/{number}")
    supplier = page.locator('input[data-path="supplier"]')
    expect(supplier).to_be_focused()
    for place, text in enumerate(texts, 1):
        page.keyboard.press(f"Alt+{place}")
        expect(supplier).to_have_value(text)
        expect(supplier).to_be_focused()
    page.locator(f'button[data-candidate="{texts[1]}"]').click()
    expect(supplier).to_have_value(texts[1])
