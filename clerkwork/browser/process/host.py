"""The worker's side of the browser: calls into a child process with hard limits.

When a page hangs or the browser exceeds its memory, the child and all its processes are killed, and
the next call starts a new one. When the worker itself dies, the browser dies with it.
"""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from clerkwork.browser.locate.fingerprints import FingerprintProposal, FingerprintStore
from clerkwork.browser.process.child import Visit, visit
from clerkwork.browser.process.login_state import LoginStates
from clerkwork.browser.process.profile import ProfileFolder
from clerkwork.browser.process.proxy import EgressProxy
from clerkwork.children import OWNER, Child, Handler
from clerkwork.config.files.targets import custom_pages
from clerkwork.config.settings import BrowserSettings
from clerkwork.errors import ApplicationException
from clerkwork.model.project.egress import Egress, Fence, Unfenced
from clerkwork.model.project.targets import Target

TRACED_AFTER = 20  # calls to trace after a failed one, in case the failure repeats


class BrowserHost:
    """One running browser for one worker; a second call waits for the first."""

    def __init__(
        self,
        settings: BrowserSettings,
        evidence: Path,
        *,
        root: Path | None = None,
        owner: str = "",
        full_percent: float = 100,
        logins: LoginStates | None = None,
    ) -> None:
        """Prepare the browser; nothing is started yet.

        Args:
            settings: Which browser to start, and how much memory it may use.
            evidence: Folder for evidence, which is stored by its SHA-256.
            root: The project's folder, for fingerprints and custom pages; None to use none.
            owner: Name of the worker; another worker can end its browser by that name.
            full_percent: No evidence is kept while the disk is at least this full.
            logins: Store of logins; None to keep them in memory for the life of this object.
        """
        self._settings = settings
        self._evidence = evidence.absolute()
        self._fingerprints = None if root is None else FingerprintStore(root)
        self._root = root
        self._owner = owner
        self._full_percent = full_percent
        self._logins = logins or LoginStates()
        self._calls_to_trace: dict[str, int] = {}  # remaining calls to trace, by target
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._profile: ProfileFolder | None = None

    def call(
        self,
        target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Handler | None = None,
        fence: Fence | None = None,
    ) -> Any:
        """Run ``function(screen, *arguments)`` on a fresh page and return its result.

        Args:
            target: The target to work on; its cookies are kept for the next call.
            function: A module-level function, usually of a target's ``pages.py``.
            arguments: Any values that can be pickled.
            on_message: Receives ``evidence``, ``log`` and ``healed`` messages and the question
                ``about_to_submit``; it raises ``Fenced`` to forbid the submit.
            fence: Checked before anything is sent to the target; None if the call is not part of
                an item.

        Raises:
            ApplicationException: The browser, the page or the target failed, by code:
                ``child_timeout``, ``child_memory``, ``child_died``, ``browser_missing``,
                ``browser_failed``, ``browser_crashed``, ``page_timeout``, ``page_unexpected``,
                ``target_unreachable``, ``egress_refused``.
            ClerkworkError: Raised by the function itself.
        """
        handle = partial(self._handle, target, on_message)
        proxy = EgressProxy(Egress.of(target.base_url, target.egress), fence or Unfenced())
        try:
            return self._started().call(
                visit,
                self._visit(target, proxy),
                function,
                *arguments,
                timeout=timedelta(seconds=target.call_timeout_s),
                on_message=partial(_through_proxy, proxy, handle),
            )
        except ApplicationException as error:
            self._calls_to_trace[target.name] = TRACED_AFTER
            raise proxy.explained(error) from error
        finally:
            proxy.close()
            for problem in list(proxy.problems.values()):
                handle("log", _warning(problem.message, code=problem.code, **problem.facts))

    def _visit(self, target: Target, proxy: EgressProxy) -> Visit:
        left = self._calls_to_trace.get(target.name, 0)
        self._calls_to_trace[target.name] = max(0, left - 1)
        sampled = random.random() * 100 < self._settings.trace_percent  # noqa: S311 - a sample
        return Visit(
            target=target.name,
            base_url=target.base_url.rstrip("/"),
            username=target.username,
            password=target.password.get_secret_value(),
            executable=self._settings.executable,
            headless=self._settings.headless,
            proxy=proxy.address,
            evidence=self._evidence,
            full_percent=self._full_percent,
            slowest_step_s=target.call_timeout_s / 2,
            traced=sampled or left > 0,
            sampled=sampled,
            state=self._logins.get(_account(target)),
            system=target,
            pages=None if self._root is None else custom_pages(self._root, target.name),
            slow=self._fingerprints.slow(target.name) if self._fingerprints else frozenset(),
            fingerprints=self._fingerprints.accepted(target.name) if self._fingerprints else {},
        )

    def close(self) -> None:
        """End the browser and all its processes; the next call starts a new one."""
        with self._lock:
            if self._child is not None:
                self._child.close()
            if self._profile is not None:
                self._profile.remove()
            self._child = self._profile = None

    def _handle(self, system: Target, on_message: Handler | None, kind: str, data: Any) -> Any:
        """Save what a message says about the target; pass every other message on."""
        target = system.name
        if kind == "session":
            return self._logins.put(_account(system), data)
        if kind == "slow":
            return self._fingerprints.learn_slow(target, data) if self._fingerprints else None
        if kind != "located":
            return on_message(kind, data) if on_message else None
        proposal = FingerprintProposal.model_validate(data["proposal"])
        if self._fingerprints is not None:
            self._fingerprints.propose(target, data["words"], proposal)
        if proposal.was is None or on_message is None:
            return None
        return on_message("healed", _healed_event(target, data["words"], proposal))

    def _started(self) -> Child:
        with self._lock:
            if self._child is None:
                self._profile = ProfileFolder()
                self._child = Child(
                    "browser",
                    memory_mb=self._settings.memory_mb,
                    environment={"TMPDIR": str(self._profile.path), OWNER: self._owner},
                )
            return self._child


def _account(target: Target) -> str:
    return f"{target.name}: {target.account}"


def _through_proxy(proxy: EgressProxy, handle: Handler, kind: str, data: Any) -> Any:
    """Pass announcements of requests and of the submit to the proxy, and the rest to *handle*."""
    if kind == "sending":
        number, place, changes = data
        return proxy.announced(number, place, changes=changes)
    if kind == "repeated":
        return proxy.repeated(data)
    if kind == "answered":
        return proxy.answered(data)
    if kind == "about_to_submit":
        proxy.arm()
    return handle(kind, data)


def _healed_event(target: str, words: str, proposal: FingerprintProposal) -> dict[str, Any]:
    return {
        "message": "The page has changed: {field} was found by its recorded fingerprint. Review the"
        " change with `clerkwork heal show {target}`.",
        "facts": {
            "code": "locator_healed",
            "field": words,
            "target": target,
            "score": str(proposal.score),
        },
    }


def _warning(message: str, **facts: str) -> dict[str, Any]:
    return {"level": "warning", "message": message, "facts": facts}
