"""Playwright's errors as sentences; the texts are Playwright's own."""

import pytest
from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as Timeout

from clerkwork.browser.page.errors import not_started, translate

PLACE = "http://erp/orders"
WAITED = 'Locator.click: Timeout 300ms exceeded.\nCall log:\n  - waiting for locator("#go")\n'
STRICT = (
    'Locator.click: Error: strict mode violation: locator("button") resolved to 2 elements:\n'
    "    1) <button>one</button> aka get_by_role(...)"
)
REFUSED = "Page.goto: net::ERR_CONNECTION_REFUSED at http://erp/orders?reference=PO-1\nCall log:"
SLOW = (
    'Page.goto: Timeout 200ms exceeded.\nCall log:\n  - navigating to "http://erp/a?b=c", waiting'
)
OTHER = "Page.evaluate: ReferenceError: x is not defined\n    at eval"


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (Error("Page.goto: Target crashed"), "browser_crashed", "The browser ended unexpectedly."),
        (
            Error("Page.goto: Target page, context or browser has been closed"),
            "browser_crashed",
            "The browser ended unexpectedly.",
        ),
        (
            Error(REFUSED),
            "target_unreachable",
            "http://erp/orders cannot be reached (ERR_CONNECTION_REFUSED)."
            " Check that the system is up and its address.",
        ),
        (
            Error(STRICT),
            "page_unexpected",
            'The page http://erp/orders is not as expected: locator("button") was found 2 times.',
        ),
        (
            Timeout(WAITED),
            "page_unexpected",
            'The page http://erp/orders is not as expected: locator("#go") was not found or not'
            " ready in time.",
        ),
        (Timeout(SLOW), "page_timeout", "http://erp/a did not answer in time."),
        (Timeout("Timeout 5ms exceeded."), "page_timeout", f"{PLACE} did not answer in time."),
        (
            Error(OTHER),
            "browser_failed",
            "The browser failed at http://erp/orders: Page.evaluate: ReferenceError: x is"
            " not defined",
        ),
    ],
)
def test_error_becomes_one_sentence_with_a_code(error, code, sentence):
    """What was looked for is named; the data of the item in an address is not."""
    found = translate(error, PLACE)
    assert (found.code, str(found)) == (code, sentence)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "BrowserType.launch: closed\n[err] [7:1/2.3:FATAL:a.cc:3] Socket path too long: /x.",
            "Socket path too long: /x",
        ),
        (
            "BrowserType.launch: closed\n[err] error while loading shared libraries: libnss3.so",
            "error while loading shared libraries: libnss3.so",
        ),
        ("BrowserType.launch: closed\nlogs", "BrowserType.launch: closed"),
    ],
)
def test_browser_that_did_not_start_says_why_in_its_own_words(text, reason):
    """The first line of Playwright's message alone would tell nothing."""
    assert not_started(Error(text)).facts == {"reason": reason}
