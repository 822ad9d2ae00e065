"""Login state of each account (cookies and storage), kept from one call to the next.

The state is in memory. If a key is given, it is also saved to disk, encrypted, so that a restarted
worker or another one can reuse the login.
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

LONGEST = timedelta(hours=12)  # maximum age of a saved login
State = dict[str, Any]


class LoginStates:
    """The logins of one worker, and the saved ones of all workers with the same key and folder."""

    def __init__(self, folder: Path | None = None, key: str = "") -> None:
        """Prepare the logins; nothing is read yet.

        Args:
            folder: Folder for saved logins; None to save none.
            key: A secret text to encrypt them with; empty to save none.
        """
        self._folder = folder if key else None
        self._key = key
        self._states: dict[str, State] = {}

    def get(self, account: str) -> State | None:
        """Return the login of *account*, or None if there is none or it has expired."""
        if account in self._states or self._folder is None:
            return self._states.get(account)
        try:
            encrypted = self._file(account).read_bytes()
            now = int(clock.now().timestamp())
            age_s = int(LONGEST.total_seconds())
            text = self._cipher(account).decrypt_at_time(encrypted, age_s, now)
        except (OSError, InvalidToken):  # missing, changed, too old, or saved with another key
            return None
        state: State = json.loads(text)
        self._states[account] = state
        return state

    def put(self, account: str, state: State) -> None:
        """Keep *state* as the login of *account*; an error of the disk is ignored."""
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
        """Return the cipher of *account*; it cannot decrypt the saved login of another account."""
        derived = HKDF(SHA256(), length=32, salt=None, info=account.encode())
        return Fernet(urlsafe_b64encode(derived.derive(self._key.encode())))
