"""The child's side of a call: runs page functions in one Chromium that stays running."""

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
    "--disable-http2",  # with it, one tunnel carries many requests at once
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",  # nothing bypasses the proxy
)
DEAD_PROXY = "http://127.0.0.1:1"  # for requests outside of a call: nothing listens there
BYPASS_NOTHING = "<-loopback>"  # by default, Chromium bypasses the proxy for loopback addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The parameters of one call: its target, and how the browser is used.

    Attributes:
        target: Name of the target.
        base_url: Its address without a trailing slash.
        username: User name for the login.
        password: Password for the login.
        executable: The setting of the same name.
        headless: Whether the browser has no window.
        proxy: Address of the egress proxy, the call's only way out.
        evidence: Folder for evidence.
        full_percent: No evidence is kept while the disk is at least this full.
        slowest_step_s: Timeout of a single action or page load.
        system: The target's description.
        traced: Whether a trace is recorded; it is kept if the call fails.
        sampled: Whether the trace is kept even if the call succeeds.
        state: Cookies and storage of the last call, if there are any.
        pages: The target's custom ``pages.py``, if it has one.
        slow: Names of item values that the target accepts only one field at a time.
        fingerprints: The accepted fingerprints of the target's fields, by label.
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
    """The running browser of this process."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def open(self, visit: Visit, channel: Channel) -> BrowserContext:
        """Return a new context with the target's cookies; start the browser if needed."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._launch(visit, channel)
        context = self._browser.new_context(
            storage_state=cast("StorageState | None", visit.state),
            proxy={"server": visit.proxy, "bypass": BYPASS_NOTHING},
            locale="en-GB",
            service_workers="block",  # their requests would bypass ``sending``
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
            chromium_sandbox=not root,  # as root, Chromium refuses to start with it
            args=list(FLAGS),
            proxy={"server": DEAD_PROXY, "bypass": BYPASS_NOTHING},
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
        ClerkworkError: Raised by the function itself.
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
    """Keep the trace of the call; if none was recorded, keep one of the current page only.

    Tracing is not always on, because it slows down every call and few calls fail.
    """
    if not (visit.traced or answers):
        return
    tracing = screen.page.context.tracing
    if not visit.traced:
        with contextlib.suppress(Error):
            tracing.start(snapshots=True)
            screen.page.evaluate("true")  # each call adds a snapshot of the page
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Error, OSError):
        file = Path(folder) / "trace.zip"
        tracing.stop(path=file)
        screen.keep_trace(file.read_bytes())


def _report_login_state(context: BrowserContext, channel: Channel, visit: Visit) -> None:
    """Send the cookies and storage to the worker for the target's next call, if they changed."""
    state = context.storage_state()
    if state != visit.state:
        channel.tell("session", state)


def _close(context: BrowserContext) -> None:
    try:
        context.close()
    except Error as error:  # the browser has crashed; the next call starts a new one
        sys.stderr.write(f"browser context: {error.message.splitlines()[0]}\n")
