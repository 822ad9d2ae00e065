"""Getting to a target's pages: opening, logging in where asked, and seeing when it fails."""

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from weakref import WeakKeyDictionary

from playwright.sync_api import Error, Frame, Page, Request, Response

from clerkwork.browser.locate.text_similarity import likeness
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.page.settle import LIMIT, settle, watch
from clerkwork.browser.scripts import script
from clerkwork.errors import ApplicationException

READ = script("records/reading", columns=script("locate/columns"))
NOW = f"""async limit => {{
  if (window.__clerkworkSettled && !(await window.__clerkworkSettled(limit))) return null;
  const read = {READ};
  return read();
}}"""
ASKING = frozenset({401, 403})
BUSY = frozenset({408, 425, 429})  # the answer did not come; a page may show nothing for it
DATA = frozenset({"xhr", "fetch"})
SAME = 0.9  # by so much two words name the same thing


@dataclass(slots=True)
class PageState:
    """What a page shows in all its frames.

    Attributes:
        pairs: Words, and the value that stands at them.
        tables: Each with ``headers`` and ``rows``.
        alerts: What the page warns of.
        texts: All that each frame says.
        asks: Whether it asks for a password.
    """

    pairs: list[tuple[str, str]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    asks: bool = False

    def value(self, words: str) -> str | None:
        """Return the value that stands at *words*, or None where nothing is called so."""
        values = self.values(words)
        return values[0] if values else None

    def values(self, words: str) -> list[str]:
        """Return every value that stands at *words*, or at what is most like them."""
        likes = [likeness(words, said) for said, _ in self.pairs]
        best = max([SAME, *likes])
        return [shown for like, (_, shown) in zip(likes, self.pairs, strict=True) if like == best]

    @property
    def text(self) -> str:
        """Return all that the page says, and the values in its fields."""
        said = "\n".join(self.texts)
        return "\n".join([said, *(f"{words}: {it}" for words, it in self.pairs if it not in said)])

    def add(self, frame: Frame, told: dict[str, Any]) -> None:
        """Add what one frame told of itself."""
        for row in (row for table in told["tables"] for row in table["rows"]):
            row["frame"] = frame
        self.pairs += [(words, value) for words, value in told["pairs"]]
        self.tables += told["tables"]
        self.alerts += told["alerts"]
        self.texts.append(told["text"])
        self.asks = self.asks or told["asks"]


def column(headers: list[str], words: str) -> int | None:
    """Return the number of the column that is headed by *words*."""
    likes = [likeness(words, header) for header in headers]
    best = max(likes, default=0.0)
    return likes.index(best) if best >= SAME else None


class _Failures:
    """What went wrong with the requests of one page, since it was last asked."""

    def __init__(self, page: Page) -> None:
        self.problems: list[int] = []
        page.on("response", self._answered)
        page.on("requestfailed", self._failed)

    def _answered(self, answer: Response) -> None:
        request = answer.request
        counts = request.resource_type in DATA or request.is_navigation_request()
        if counts and (answer.status >= 500 or answer.status in ASKING | BUSY):
            self.problems.append(answer.status)

    def _failed(self, request: Request) -> None:
        aborted = "ERR_ABORTED" in (request.failure or "")
        if request.resource_type in DATA and not aborted:
            self.problems.append(0)


_failures: WeakKeyDictionary[Page, _Failures] = WeakKeyDictionary()


def go_to(screen: PlaywrightScreen, address: str) -> PageState:
    """Open *address* of the target, logging in where it asks for it; return what is shown then.

    Raises:
        ApplicationException: ``login_failed``, ``session_lost`` or ``target_error``.
    """
    seen = _open(screen, address)
    if _asks(screen, seen):
        _log_in(screen)
        seen = _open(screen, address)
        if _asks(screen, seen):
            raise session_lost(screen)
    check(screen)
    return seen


def calm(screen: PlaywrightScreen) -> None:
    """Wait until the page has nothing left to do, and see whether what it asked for came.

    Raises:
        ApplicationException: ``session_lost``, ``target_error`` or ``page_timeout``.
    """
    settle(screen.page)
    check(screen)


def calm_after(screen: PlaywrightScreen) -> None:
    """As ``calm``, where a script in the page has waited for its own frame already."""
    if len(screen.page.frames) > 1:
        settle(screen.page)
    check(screen)


def check(screen: PlaywrightScreen) -> None:
    """See whether what the page asked for since the last look came.

    Raises:
        ApplicationException: ``session_lost`` or ``target_error``.
    """
    problems, _failures[screen.page].problems = _failures[screen.page].problems, []
    if any(status in ASKING for status in problems):
        raise session_lost(screen)
    if problems:
        reason = f"HTTP {problems[0]}" if problems[0] else "the connection was lost"
        raise target_error(screen, reason)


def see(screen: PlaywrightScreen) -> PageState:
    """Return what the page shows now."""
    seen = PageState()
    for frame in screen.page.frames:
        try:
            told = frame.evaluate(READ)
        except Error:
            if screen.page.is_closed():
                raise
            continue  # it is being replaced
        seen.add(frame, told)
    return seen


def see_in_session(screen: PlaywrightScreen) -> PageState:
    """Return what the page shows now, which a click led to.

    Raises:
        ApplicationException: ``session_lost``: it asks for a login instead.
    """
    seen = see(screen)
    if _asks(screen, seen):
        raise session_lost(screen)
    return seen


def see_calm(screen: PlaywrightScreen) -> PageState:
    """Return what the page shows when it has nothing left to do.

    Raises:
        ApplicationException: ``page_timeout``.
    """
    page = screen.page
    for _ in range(2):  # a page that is being replaced fails the first time
        if len(page.frames) > 1:
            break
        with contextlib.suppress(Error):
            told = page.evaluate(NOW, LIMIT / timedelta(milliseconds=1))
            if told is None or len(page.frames) > 1:
                break
            seen = PageState()
            seen.add(page.main_frame, told)
            return seen
    settle(page)
    return see(screen)


def session_lost(screen: PlaywrightScreen) -> ApplicationException:
    """Return the error that the target asks for a login in the middle of the work."""
    return ApplicationException(
        "session_lost", "The session at {target} ended in between.", target=screen.target.name
    )


def target_error(screen: PlaywrightScreen, reason: str) -> ApplicationException:
    """Return the error that the target failed."""
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
        page.goto("about:blank")  # a change of what follows the # alone opens nothing anew
    answer = page.goto(goal, wait_until="domcontentloaded")
    if answer is not None and answer.status >= 400:
        raise target_error(screen, f"HTTP {answer.status}")
    return see_calm(screen)


def _asks(screen: PlaywrightScreen, seen: PageState) -> bool:
    if screen.target.login is None:
        return False
    two_steps = screen.target.login.next is not None
    return seen.asks or (two_steps and seen.value(screen.target.login.user) is not None)


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
    seen = see_calm(screen)
    if seen.asks:
        raise ApplicationException(
            "login_failed",
            "{target} refused the login of {user}: {reason} Check user and password in"
            " config/targets/{target}/target.yaml.",
            target=screen.target.name,
            user=screen.username,
            reason=" ".join(seen.alerts) or "it asks again.",
        )
    screen.log("Logged in to {target} as {user}.", target=screen.target.name, user=screen.username)
