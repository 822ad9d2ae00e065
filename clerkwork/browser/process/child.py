"""The browser's side of a call: runs in the child process and keeps one Chromium warm there."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Playwright,
    StorageState,
    sync_playwright,
)

from clerkwork.browser.page.errors import not_started, translate
from clerkwork.browser.page.screen import LOCATE_S, PlaywrightScreen, keep_failure, place
from clerkwork.browser.process import executable
from clerkwork.browser.process.sending import announce_encrypted
from clerkwork.children import Channel
from clerkwork.errors import BotException
from clerkwork.model.project.locators import Fingerprint
from clerkwork.model.project.targets import Target

ACTION_TIMEOUT_MS = 10_000
NAVIGATION_TIMEOUT_MS = 20_000
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-http2",  # one tunnel would carry many requests, and none could be told apart
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",  # no way round the proxy
)
NO_PROXY_ADDRESS = "http://127.0.0.1:1"  # the proxy of whatever belongs to no call
BYPASS_NOTHING = "<-loopback>"  # Chromium goes to loopback without a proxy unless it is told so


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What one call needs to know of its target and of the browser.

    Attributes:
        target: Name of the target.
        base_url: Its address without a slash at the end.
        username: Name to log in with.
        password: Secret to log in with.
        executable: The setting of the same name.
        headless: Whether the browser has no window.
        proxy: Address of the outlet, the call's only way out.
        evidence: Folder for pictures.
        full_percent: No pictures are kept while the disk is this full.
        slowest_step_s: No single action or page may take longer.
        system: The target's description.
        traced: Whether a trace is recorded, to be kept when the call fails, and
        sampled: whether it is kept in any case.
        state: Cookies and storage of the last call, if it is known.
        pages: The target's own ``pages.py``, if it has one.
        slow: Names of the parts whose fields the target takes one by one only.
        fingerprints: What the target's fields looked like, by their words.
    """

    target: str
    base_url: str
    username: str
    password: str = field(repr=False)
    executable: str
    headless: bool
    proxy: str
    evidence: Path
    full_percent: float
    slowest_step_s: float
    system: Target
    traced: bool = False
    sampled: bool = False
    state: dict[str, Any] | None = None
    pages: Path | None = None
    slow: frozenset[str] = frozenset()
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)


class _Session:
    """The warm browser of this process."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def open(self, visit: Visit, channel: Channel) -> BrowserContext:
        """Return a fresh context with the target's cookies; starts the browser where needed."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._launch(visit, channel)
        context = self._browser.new_context(
            storage_state=cast("StorageState | None", visit.state),
            proxy={"server": visit.proxy, "bypass": BYPASS_NOTHING},
            locale="en-GB",
            service_workers="block",  # they would send requests past ``sending``
        )
        if visit.system.base_url.startswith("https:") or visit.system.egress:
            announce_encrypted(context, channel)
        limit_ms = visit.slowest_step_s * 1000
        context.set_default_timeout(min(ACTION_TIMEOUT_MS, limit_ms))
        context.set_default_navigation_timeout(min(NAVIGATION_TIMEOUT_MS, limit_ms))
        if visit.traced:
            context.tracing.start(snapshots=True)
        return context

    def _launch(self, visit: Visit, channel: Channel) -> Browser:
        playwright = self._playwright = self._playwright or sync_playwright().start()
        found = executable.find(visit.executable, lambda: playwright.chromium.executable_path)
        root = os.geteuid() == 0
        browser = playwright.chromium.launch(
            executable_path=found.path,
            headless=visit.headless,
            chromium_sandbox=not root,  # as root the sandbox cannot be on, and Chromium refuses
            args=list(FLAGS),
            proxy={"server": NO_PROXY_ADDRESS, "bypass": BYPASS_NOTHING},
        )
        facts = {"version": browser.version, "path": found.path, "origin": found.origin}
        message = "Started Chromium {version} from {path} ({origin})."
        channel.tell("log", {"message": message, "facts": facts})
        return browser


_session = _Session()


def visit(channel: Channel, visit: Visit, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run ``function(screen, *arguments)`` on a fresh page of the target; return its result.

    Raises:
        ApplicationException: Playwright failed; see ``page.errors``.
        ClerkworkError: Whatever the function raised of its own.
    """
    try:
        context = _session.open(visit, channel)
    except Error as error:
        raise not_started(error) from None
    try:
        return _run_on_page(context, channel, visit, function, *arguments)
    finally:
        _close(context)


def _run_on_page(
    context: BrowserContext,
    channel: Channel,
    visit: Visit,
    function: Callable[..., Any],
    *arguments: Any,
) -> Any:
    page = context.new_page()
    screen = PlaywrightScreen(
        page,
        channel,
        visit.evidence,
        full_percent=visit.full_percent,
        base_url=visit.base_url,
        username=visit.username,
        password=visit.password,
        target=visit.system,
        pages=visit.pages,
        slow=visit.slow,
        fingerprints=visit.fingerprints,
        locate_s=min(LOCATE_S, visit.slowest_step_s),
    )
    try:
        result = function(screen, *arguments)
        _report_login_state(context, channel, visit)
    except BotException:
        if answers := keep_failure(screen):
            with contextlib.suppress(Error):
                _report_login_state(context, channel, visit)
        _keep_trace(screen, visit, answers=answers)
        raise
    except Error as error:
        _keep_trace(screen, visit, answers=keep_failure(screen))
        raise translate(error, place(page)) from None
    if visit.sampled:
        _keep_trace(screen, visit, answers=True)
    return result


def _keep_trace(screen: PlaywrightScreen, visit: Visit, *, answers: bool) -> None:
    """Keep the trace of the call; of one that was not recorded, the page as it stands now.

    Recording every call would make it slower, and most do not fail.
    """
    if not (visit.traced or answers):
        return
    tracing = screen.page.context.tracing
    if not visit.traced:
        with contextlib.suppress(Error):
            tracing.start(snapshots=True)
            screen.page.evaluate("() => document.title")  # each call adds a snapshot of the page
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Error, OSError):
        file = Path(folder) / "trace.zip"
        tracing.stop(path=file)
        screen.keep_trace(file.read_bytes())


def _report_login_state(context: BrowserContext, channel: Channel, visit: Visit) -> None:
    """Tell the worker the cookies and storage for the target's next call, where they changed."""
    state = context.storage_state()
    if state != visit.state:
        channel.tell("session", state)


def _close(context: BrowserContext) -> None:
    try:
        context.close()
    except Error as error:  # a browser that has gone needs no closing; the next call starts one
        sys.stderr.write(f"browser context: {error.message.splitlines()[0]}\n")
