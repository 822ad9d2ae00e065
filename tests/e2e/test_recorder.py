"""A person enters an order while the recorder watches; the bot that it makes enters another."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from clerkwork import clock
from clerkwork.browser.process import executable
from clerkwork.testing.portal import Portal
from tests import recordings

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb as a screen")
LIMIT_S = 240
OTHER = """name: other
base_url: http://127.0.0.1:9
username: clerk
password: ${CLERKWORK_OTHER_PASSWORD}
"""


@pytest.fixture
def screen() -> Iterator[str]:
    """A screen that nobody looks at."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        yield f":{told.readline().strip()}"
    server.terminate()
    server.wait()


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def recorder(tmp_path, screen, port, portal) -> Iterator["subprocess.Popen[str]"]:
    """The command, recording in a browser that a second program can type into."""
    project = tmp_path / "project"
    clerkwork = [sys.executable, "-m", "clerkwork"]
    subprocess.run([*clerkwork, "new", str(project)], check=True, capture_output=True)
    for name, item in (("first", recordings.FIRST), ("second", recordings.SECOND)):
        (tmp_path / f"{name}.json").write_text(json.dumps(item), encoding="utf-8")
    other = project / "config" / "targets" / "other"  # whose password is not known here
    other.mkdir(parents=True)
    (other / "target.yaml").write_text(OTHER, encoding="utf-8")
    own = executable.find("", lambda: "").path
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nexec {own} "$@" --remote-debugging-port={port}\n')
    browser.chmod(0o755)
    samples = ["--sample", str(tmp_path / "first.json"), "--second", str(tmp_path / "second.json")]
    command = [*clerkwork, "--project", str(project), "record", portal.url, "--name", "vendor"]
    with subprocess.Popen(
        [*command, *samples],
        env={**os.environ, "DISPLAY": screen, "CLERKWORK_BROWSER__EXECUTABLE": str(browser)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        yield running
        running.terminate()


def test_recorded_entry_becomes_a_bot_that_enters_others(recorder, portal, port, tmp_path):
    """One order was typed, another with more lines is entered by what was seen; no secret stays."""
    with sync_playwright() as playwright:
        page = opened(playwright, port, portal.url)
        enter(page, portal, recordings.FIRST)
        page.close()
    said, _ = recorder.communicate(timeout=LIMIT_S)
    project = tmp_path / "project"
    leaked = [
        file
        for file in project.rglob("*")
        if file.is_file() and portal.password in file.read_text("utf-8", errors="ignore")
    ]
    target = project / "config" / "targets" / "vendor" / "target.yaml"
    assert (
        recorder.returncode,
        said.splitlines()[-2:],
        "NOT verified" in target.read_text("utf-8") if target.exists() else None,
        [one.order.number for one in portal.orders()],
        [len(one.order.lines) for one in portal.orders()],
        leaked,
    ) == (
        0,
        [
            f"Replayed: PO-REC-2 is in vendor as {portal.orders()[-1].confirmation}.",
            "Set CLERKWORK_VENDOR_PASSWORD to the password on each host where this bot runs.",
        ],
        False,
        ["PO-REC-1", "PO-REC-2"],
        [2, 3],
        [],
    )


def opened(playwright: Playwright, port: int, url: str) -> Page:
    """Return the recorder's page, as soon as it is there; a connection sees what was before it."""
    deadline = clock.monotonic() + timedelta(seconds=LIMIT_S)
    while not _shows(port, url):
        assert clock.monotonic() < deadline, "the recorder opened no page"
        subprocess.run(["sleep", "0.3"], check=True)
    browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
    pages = [page for context in browser.contexts for page in context.pages]
    found = next(page for page in pages if page.url.startswith(url))
    found.wait_for_load_state()
    return found


def _shows(port: int, url: str) -> bool:
    try:
        pages = httpx.get(f"http://127.0.0.1:{port}/json/list").json()
    except httpx.HTTPError:
        return False
    return any(page["url"].startswith(url) for page in pages)


def enter(page: Page, portal: Portal, order: dict[str, Any]) -> None:
    """Log in, enter *order*, store it and look it up, by keys and clicks alone."""
    _type(page, "[name=username]", portal.username)
    _type(page, "[name=password]", portal.password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="New order").click()
    page.locator("form#order[aria-busy=false]").wait_for()
    _type(page, "[name=number]", order["number"])
    page.locator("[name=order_date]").fill(order["order_date"])
    _type(page, "#supplier-search", order["supplier"][:4])
    page.get_by_role("option", name=order["supplier"]).click()
    page.locator("[name=currency]").focus()
    page.keyboard.type("SGD")  # a slip, put right by typing once more
    page.keyboard.press("Escape")
    page.locator("[name=currency]").select_option(order["currency"])
    for at, line in enumerate(order["lines"]):
        page.get_by_role("button", name="Add line").click()
        for name in ("code", "description", "quantity", "unit_price"):
            _type(page, f"#lines tbody tr:nth-child({at + 1}) [name={name}]", line[name])
    _type(page, "[name=tax]", order["tax"])
    page.locator("form#order[aria-busy=false]").wait_for()
    page.get_by_role("button", name="Submit order").click()
    page.locator("#confirmation").wait_for()
    page.get_by_role("link", name="Orders", exact=True).click()
    _type(page, "[name=reference]", order["number"])
    page.get_by_role("button", name="Search").click()
    page.locator(".orders tbody a").click()
    page.locator("#order-view").wait_for()


def _type(page: Page, selector: str, text: str) -> None:
    page.locator(selector).click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)
