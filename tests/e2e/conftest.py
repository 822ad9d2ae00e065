"""A page of a real Chromium in which a person uses the console."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from clerkwork.browser.process.executable import find

REFUSED = "422"  # Chromium says of an answer that was refused that it was, which is no fault


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = find("", lambda: playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=found.path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that reports no error of its own all along."""
    context = chromium.new_context(viewport={"width": 1366, "height": 800}, locale="en-US")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [text for text in said if REFUSED not in text] == []
