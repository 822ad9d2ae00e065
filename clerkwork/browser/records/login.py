"""Opens a target's pages, logs in when asked, reads their state, and detects failed requests."""

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from weakref import WeakKeyDictionary

from playwright.sync_api import Error, Frame, Page, Request, Response

from clerkwork.browser.locate.text_similarity import similarity
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.page.settle import LIMIT, settle, watch
from clerkwork.browser.scripts import script
from clerkwork.errors import ApplicationException

READ = script("records/page_state", "readState")
NOW = script("records/page_state", "readSettledState")
LOGIN_STATUS = frozenset({401, 403})
BUSY_STATUS = frozenset({408, 425, 429})  # no data came, although the page may show no error
DATA_REQUESTS = frozenset({"xhr", "fetch"})
SAME_NAME = 0.9  # minimum similarity of two labels that mean the same


@dataclass(slots=True)
class PageState:
    """The visible content of a page in all its frames.

    Attributes:
        pairs: Labels with their values.
        tables: Tables, each with ``headers`` and ``rows``.
        alerts: Warnings and error messages.
        texts: The whole text of each frame.
        asks_password: Whether there is a password field.
    """

    pairs: list[tuple[str, str]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    asks_password: bool = False

    def value(self, words: str) -> str | None:
        """Return the value labelled *words*, or None if there is no such label."""
        values = self.values(words)
        return values[0] if values else None

    def values(self, words: str) -> list[str]:
        """Return every value labelled *words*, or with the most similar label."""
        ratios = [similarity(words, said) for said, _ in self.pairs]
        best = max([SAME_NAME, *ratios])
        return [
            shown for ratio, (_, shown) in zip(ratios, self.pairs, strict=True) if ratio == best
        ]

    @property
    def text(self) -> str:
        """Return the text of the page, and its labels and values that the text does not contain."""
        said = "\n".join(self.texts)
        return "\n".join([said, *(f"{words}: {it}" for words, it in self.pairs if it not in said)])

    def add(self, frame: Frame, facts: dict[str, Any]) -> None:
        """Add the content of one frame, as ``reading.js`` reports it."""
        for row in (row for table in facts["tables"] for row in table["rows"]):
            row["frame"] = frame
        self.pairs += [(words, value) for words, value in facts["pairs"]]
        self.tables += facts["tables"]
        self.alerts += facts["alerts"]
        self.texts.append(facts["text"])
        self.asks_password = self.asks_password or facts["asks"]


def column_number(headers: list[str], words: str) -> int | None:
    """Return the index of the column with the heading *words*, or None if there is none."""
    ratios = [similarity(words, header) for header in headers]
    best = max(ratios, default=0.0)
    return ratios.index(best) if best >= SAME_NAME else None


class _Failures:
    """The failed requests of one page since the last check: HTTP status, or 0 without an answer."""

    def __init__(self, page: Page) -> None:
        self.problems: list[int] = []
        page.on("response", self._answered)
        page.on("requestfailed", self._failed)

    def _answered(self, answer: Response) -> None:
        request = answer.request
        counts = request.resource_type in DATA_REQUESTS or request.is_navigation_request()
        if counts and (answer.status >= 500 or answer.status in LOGIN_STATUS | BUSY_STATUS):
            self.problems.append(answer.status)

    def _failed(self, request: Request) -> None:
        aborted = "ERR_ABORTED" in (request.failure or "")
        if request.resource_type in DATA_REQUESTS and not aborted:
            self.problems.append(0)


_failures: WeakKeyDictionary[Page, _Failures] = WeakKeyDictionary()


def go_to(screen: PlaywrightScreen, address: str) -> PageState:
    """Open *address* of the target, log in if it asks for it, and return the page's state.

    Raises:
        ApplicationException: ``login_failed``, ``session_lost`` or ``target_error``.
    """
    seen = _open(screen, address)
    if _asks_login(screen, seen):
        _log_in(screen)
        seen = _open(screen, address)
        if _asks_login(screen, seen):
            raise session_lost(screen)
    check_requests(screen)
    return seen


def wait_idle(screen: PlaywrightScreen) -> None:
    """Wait until the page is idle, and check that its requests succeeded.

    Raises:
        ApplicationException: ``session_lost``, ``target_error`` or ``page_timeout``.
    """
    settle(screen.page)
    check_requests(screen)


def wait_other_frames(screen: PlaywrightScreen) -> None:
    """Like ``wait_idle``, after a script in the page has already waited for its own frame."""
    if len(screen.page.frames) > 1:
        settle(screen.page)
    check_requests(screen)


def check_requests(screen: PlaywrightScreen) -> None:
    """Check that the page's requests since the last check succeeded.

    Raises:
        ApplicationException: ``session_lost`` or ``target_error``.
    """
    problems, _failures[screen.page].problems = _failures[screen.page].problems, []
    if any(status in LOGIN_STATUS for status in problems):
        raise session_lost(screen)
    if problems:
        reason = f"HTTP {problems[0]}" if problems[0] else "the connection was lost"
        raise target_error(screen, reason)


def read_page(screen: PlaywrightScreen) -> PageState:
    """Return the current state of the page."""
    seen = PageState()
    for frame in screen.page.frames:
        try:
            facts = frame.evaluate(READ)
        except Error:
            if screen.page.is_closed():
                raise
            continue  # the frame is being replaced
        seen.add(frame, facts)
    return seen


def read_page_in_session(screen: PlaywrightScreen) -> PageState:
    """Return the current state of a page that was opened by a click.

    Raises:
        ApplicationException: ``session_lost``: the page asks for a login.
    """
    seen = read_page(screen)
    if _asks_login(screen, seen):
        raise session_lost(screen)
    return seen


def read_idle_page(screen: PlaywrightScreen) -> PageState:
    """Wait until the page is idle, and return its state.

    Raises:
        ApplicationException: ``page_timeout``.
    """
    page = screen.page
    for _ in range(2):  # a page that is being replaced fails the first time
        if len(page.frames) > 1:
            break
        with contextlib.suppress(Error):
            facts = page.evaluate(NOW, LIMIT / timedelta(milliseconds=1))
            if facts is None or len(page.frames) > 1:
                break
            seen = PageState()
            seen.add(page.main_frame, facts)
            return seen
    settle(page)
    return read_page(screen)


def session_lost(screen: PlaywrightScreen) -> ApplicationException:
    """Return the error that the target asks for a login again."""
    return ApplicationException(
        "session_lost", "The session at {target} ended unexpectedly.", target=screen.target.name
    )


def target_error(screen: PlaywrightScreen, reason: str) -> ApplicationException:
    """Return the error that the target answered with an error."""
    return ApplicationException(
        "target_error",
        "{target} answered with an error ({reason}).",
        target=screen.target.name,
        reason=reason,
    )


def _open(screen: PlaywrightScreen, address: str) -> PageState:
    page = screen.page
    watch(page)
    if page not in _failures:
        _failures[page] = _Failures(page)
    _failures[page].problems = []
    goal = urljoin(screen.base_url + "/", address)
    if "#" in goal and page.url.partition("#")[0] == goal.partition("#")[0]:
        page.goto("about:blank")  # changing only the fragment does not reload
    answer = page.goto(goal, wait_until="domcontentloaded")
    if answer is not None and answer.status >= 400:
        raise target_error(screen, f"HTTP {answer.status}")
    return read_idle_page(screen)


def _asks_login(screen: PlaywrightScreen, seen: PageState) -> bool:
    if screen.target.login is None:
        return False
    two_steps = screen.target.login.next is not None
    return seen.asks_password or (two_steps and seen.value(screen.target.login.user) is not None)


def _log_in(screen: PlaywrightScreen) -> None:
    login = screen.target.login
    if login is None:
        return
    screen.field(login.user).fill(screen.username)
    if login.next is not None:
        screen.button(login.next).click()
        settle(screen.page)
    if login.password is not None:
        screen.field(login.password).fill(screen.password)
    else:
        screen.page.locator("input[type=password]:visible").fill(screen.password)
    screen.button(login.button).click()
    seen = read_idle_page(screen)
    if seen.asks_password:
        raise ApplicationException(
            "login_failed",
            "{target} refused the login of {user}: {reason} Check user and password in"
            " config/targets/{target}/target.yaml.",
            target=screen.target.name,
            user=screen.username,
            reason=" ".join(seen.alerts) or "it asks for the password again.",
        )
    screen.log("Logged in to {target} as {user}.", target=screen.target.name, user=screen.username)
