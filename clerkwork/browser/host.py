"""The worker's side of the browser: calls into a child process with hard limits.

A page that hangs or a browser that eats the memory is ended by killing the child with all it
started; the next call starts a new one. When the worker itself dies, the browser dies with it.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from clerkwork.browser.learned import Learned, Proposal
from clerkwork.browser.scratch import Scratch
from clerkwork.browser.session import Visit, visit
from clerkwork.children import Child, Handler
from clerkwork.config.settings import BrowserSettings
from clerkwork.model.targets import Target


class BrowserHost:
    """One warm browser for one worker; a second call waits for the first."""

    def __init__(
        self,
        settings: BrowserSettings,
        evidence: Path,
        *,
        root: Path | None = None,
        full_percent: float = 100,
    ) -> None:
        """Prepare the browser; nothing is started yet.

        Args:
            settings: Which browser, and how much memory it may use.
            evidence: Folder that pictures are kept in, by their SHA-256.
            root: The project, where it is known what the fields of its targets look like.
            full_percent: No pictures are kept while the disk is this full.
        """
        self._settings = settings
        self._evidence = evidence.absolute()
        self._learned = None if root is None else Learned(root)
        self._full_percent = full_percent
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._scratch: Scratch | None = None

    def call(
        self,
        target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Handler | None = None,
    ) -> Any:
        """Run ``function(screen, *arguments)`` on a fresh page and return what it returns.

        Args:
            target: The system to work on; its cookies are kept from call to call.
            function: Stands at the top of a module, usually a bot's ``pages.py``.
            arguments: Anything that can be pickled.
            on_message: Gets ``evidence``, ``log`` and ``healed`` messages and the question
                ``about_to_submit``, which a raised ``Fenced`` answers with no.

        Raises:
            ApplicationException: The browser, the page or the target failed, by code:
                ``child_timeout``, ``child_memory``, ``child_died``, ``browser_missing``,
                ``browser_failed``, ``browser_crashed``, ``page_timeout``, ``page_unexpected``,
                ``target_unreachable``.
            ClerkworkError: Whatever the function raised of its own.
        """
        order = Visit(
            target=target.name,
            base_url=target.base_url.rstrip("/"),
            username=target.username,
            password=target.password.get_secret_value(),
            executable=self._settings.executable,
            headless=self._settings.headless,
            evidence=self._evidence,
            full_percent=self._full_percent,
            slowest_step_s=target.call_timeout_s / 2,
            system=target,
            slow=self._learned.slow(target.name) if self._learned else frozenset(),
            fingerprints=self._learned.accepted(target.name) if self._learned else {},
        )
        timeout = timedelta(seconds=target.call_timeout_s)
        return self._started().call(
            visit,
            order,
            function,
            *arguments,
            timeout=timeout,
            on_message=partial(self._hear, target.name, on_message),
        )

    def close(self) -> None:
        """End the browser and all it started; the next call starts a new one."""
        with self._lock:
            if self._child is not None:
                self._child.close()
            if self._scratch is not None:
                self._scratch.remove()
            self._child = self._scratch = None

    def _hear(self, target: str, on_message: Handler | None, kind: str, data: Any) -> Any:
        """Write down what was found in a new way, and hand every other message on."""
        if kind == "slow":
            return self._learned.learn_slow(target, data) if self._learned else None
        if kind != "located":
            return on_message(kind, data) if on_message else None
        proposal = Proposal.model_validate(data["proposal"])
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
                    environment={"TMPDIR": str(self._scratch.path)},
                )
            return self._child


def _healed(target: str, words: str, proposal: Proposal) -> dict[str, Any]:
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
