"""Logins that outlive a browser: cookies and storage of each account, encrypted where on disk.

They are kept in memory from call to call. They are written down only where a key is given; then a
worker that starts anew, or another one, goes on with the login of the last.
"""

import contextlib
import hashlib
import json
import os
from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from clerkwork import clock

LONGEST = timedelta(hours=12)  # a login that was written down is not used for longer
State = dict[str, Any]


class LoginStates:
    """The logins of one worker, and those written down by all that have the same key and folder."""

    def __init__(self, folder: Path | None = None, key: str = "") -> None:
        """Prepare the logins; nothing is read yet.

        Args:
            folder: Where they are written down; None: nowhere.
            key: Any text that is a secret; empty: they are not written down.
        """
        self._folder = folder if key else None
        self._key = key
        self._states: dict[str, State] = {}

    def get(self, account: str) -> State | None:
        """Return the login of *account*, or None where there is none that can be used."""
        if account in self._states or self._folder is None:
            return self._states.get(account)
        try:
            encrypted = self._file(account).read_bytes()
            now = int(clock.now().timestamp())
            age_s = int(LONGEST.total_seconds())
            text = self._cipher(account).decrypt_at_time(encrypted, age_s, now)
        except (OSError, InvalidToken):  # written with another key, changed, or too old
            return None
        state: State = json.loads(text)
        self._states[account] = state
        return state

    def put(self, account: str, state: State) -> None:
        """Keep *state* as the login of *account*; a disk that refuses it costs a login only."""
        self._states[account] = state
        if self._folder is None:
            return
        text = json.dumps(state).encode()
        encrypted = self._cipher(account).encrypt_at_time(text, int(clock.now().timestamp()))
        with contextlib.suppress(OSError):
            file = self._file(account)
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = file.with_suffix(f".{os.getpid()}")
            part.touch(mode=0o600)
            part.write_bytes(encrypted)
            part.replace(file)

    def _file(self, account: str) -> Path:
        name = hashlib.sha256(account.encode()).hexdigest()[:32]
        return (self._folder or Path()) / f"{name}.session"

    def _cipher(self, account: str) -> Fernet:
        """Return what locks the login of *account*: another one's cannot be put in its place."""
        derived = HKDF(SHA256(), length=32, salt=None, info=account.encode())
        return Fernet(urlsafe_b64encode(derived.derive(self._key.encode())))
