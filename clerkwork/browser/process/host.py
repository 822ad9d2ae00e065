"""The worker's side of the browser: calls into a child process with hard limits.

A page that hangs or a browser that eats the memory is ended by killing the child with all it
started; the next call starts a new one. When the worker itself dies, the browser dies with it.
"""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from clerkwork.browser.locate.fingerprints import FingerprintProposal, Learned
from clerkwork.browser.process.child import Visit, visit
from clerkwork.browser.process.login_state import Sessions
from clerkwork.browser.process.profile import Scratch
from clerkwork.browser.process.proxy import Outlet
from clerkwork.children import OWNER, Child, Handler
from clerkwork.config.files.targets import own_pages
from clerkwork.config.settings import BrowserSettings
from clerkwork.errors import ApplicationException
from clerkwork.model.project.egress import Egress, Fence, Unfenced
from clerkwork.model.project.targets import Target

TRACED_AFTER = 20  # calls to a target after one that failed: whatever it was may come again


class BrowserHost:
    """One warm browser for one worker; a second call waits for the first."""

    def __init__(
        self,
        settings: BrowserSettings,
        evidence: Path,
        *,
        root: Path | None = None,
        owner: str = "",
        full_percent: float = 100,
        sessions: Sessions | None = None,
    ) -> None:
        """Prepare the browser; nothing is started yet.

        Args:
            settings: Which browser, and how much memory it may use.
            evidence: Folder that pictures are kept in, by their SHA-256.
            root: The project, where it is known what the fields of its targets look like.
            owner: Name of the worker whose browser it is, by which another one can end it.
            full_percent: No pictures are kept while the disk is this full.
            sessions: Logins that are used and kept; None: for as long as this browser is there.
        """
        self._settings = settings
        self._evidence = evidence.absolute()
        self._learned = None if root is None else Learned(root)
        self._root = root
        self._owner = owner
        self._full_percent = full_percent
        self._sessions = sessions or Sessions()
        self._to_trace: dict[str, int] = {}  # how many calls to a target are traced still
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._scratch: Scratch | None = None

    def call(
        self,
        target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Handler | None = None,
        fence: Fence | None = None,
    ) -> Any:
        """Run ``function(screen, *arguments)`` on a fresh page and return what it returns.

        Args:
            target: The system to work on; its cookies are kept from call to call.
            function: Stands at the top of a module, usually a bot's ``pages.py``.
            arguments: Anything that can be pickled.
            on_message: Gets ``evidence``, ``log`` and ``healed`` messages and the question
                ``about_to_submit``, which a raised ``Fenced`` answers with no.
            fence: Is asked before anything leaves for the target; None: the call is of no item.

        Raises:
            ApplicationException: The browser, the page or the target failed, by code:
                ``child_timeout``, ``child_memory``, ``child_died``, ``browser_missing``,
                ``browser_failed``, ``browser_crashed``, ``page_timeout``, ``page_unexpected``,
                ``target_unreachable``, ``egress_refused``.
            ClerkworkError: Whatever the function raised of its own.
        """
        hear = partial(self._hear, target, on_message)
        outlet = Outlet(Egress.of(target.base_url, target.egress), fence or Unfenced())
        try:
            return self._started().call(
                visit,
                self._order(target, outlet),
                function,
                *arguments,
                timeout=timedelta(seconds=target.call_timeout_s),
                on_message=partial(_guarded, outlet, hear),
            )
        except ApplicationException as error:
            self._to_trace[target.name] = TRACED_AFTER
            raise outlet.explained(error) from error
        finally:
            outlet.close()
            for problem in list(outlet.problems.values()):
                hear("log", _warning(problem.message, code=problem.code, **problem.facts))

    def _order(self, target: Target, outlet: Outlet) -> Visit:
        left = self._to_trace.get(target.name, 0)
        self._to_trace[target.name] = max(0, left - 1)
        sampled = random.random() * 100 < self._settings.trace_percent  # noqa: S311 - a sample
        return Visit(
            target=target.name,
            base_url=target.base_url.rstrip("/"),
            username=target.username,
            password=target.password.get_secret_value(),
            executable=self._settings.executable,
            headless=self._settings.headless,
            proxy=outlet.address,
            evidence=self._evidence,
            full_percent=self._full_percent,
            slowest_step_s=target.call_timeout_s / 2,
            traced=sampled or left > 0,
            sampled=sampled,
            state=self._sessions.get(_account(target)),
            system=target,
            pages=None if self._root is None else own_pages(self._root, target.name),
            slow=self._learned.slow(target.name) if self._learned else frozenset(),
            fingerprints=self._learned.accepted(target.name) if self._learned else {},
        )

    def close(self) -> None:
        """End the browser and all it started; the next call starts a new one."""
        with self._lock:
            if self._child is not None:
                self._child.close()
            if self._scratch is not None:
                self._scratch.remove()
            self._child = self._scratch = None

    def _hear(self, system: Target, on_message: Handler | None, kind: str, data: Any) -> Any:
        """Write down what is known of the target now, and hand every other message on."""
        target = system.name
        if kind == "session":
            return self._sessions.put(_account(system), data)
        if kind == "slow":
            return self._learned.learn_slow(target, data) if self._learned else None
        if kind != "located":
            return on_message(kind, data) if on_message else None
        proposal = FingerprintProposal.model_validate(data["proposal"])
        if self._learned is not None:
            self._learned.propose(target, data["words"], proposal)
        if proposal.was is None or on_message is None:
            return None
        return on_message("healed", _healed(target, data["words"], proposal))

    def _started(self) -> Child:
        with self._lock:
            if self._child is None:
                self._scratch = Scratch()
                self._child = Child(
                    "browser",
                    memory_mb=self._settings.memory_mb,
                    environment={"TMPDIR": str(self._scratch.path), OWNER: self._owner},
                )
            return self._child


def _account(target: Target) -> str:
    return f"{target.name}: {target.account}"


def _guarded(outlet: Outlet, hear: Handler, kind: str, data: Any) -> Any:
    """Let the outlet know when the page asks to submit, and of requests that it cannot read."""
    if kind == "sending":
        number, place, changes = data
        return outlet.announced(number, place, changes=changes)
    if kind == "repeated":
        return outlet.repeated(data)
    if kind == "answered":
        return outlet.answered(data)
    if kind == "about_to_submit":
        outlet.arm()
    return hear(kind, data)


def _healed(target: str, words: str, proposal: FingerprintProposal) -> dict[str, Any]:
    return {
        "message": "The page has changed: {field} was found by what it looked like before. Look at"
        " it with `clerkwork heal show {target}`.",
        "facts": {
            "code": "locator_healed",
            "field": words,
            "target": target,
            "score": str(proposal.score),
        },
    }


def _warning(message: str, **facts: str) -> dict[str, Any]:
    return {"level": "warning", "message": message, "facts": facts}
