"""Logins that are written down: encrypted, for their own account, for a limited time."""

from datetime import UTC, datetime, timedelta

from clerkwork import clock
from clerkwork.browser.process.login_state import LONGEST, LoginStates

STATE = {"cookies": [{"name": "session", "value": "canary-in-a-cookie"}], "origins": []}
ACCOUNT = "portal: clerk@https://portal.example.com"
OTHER = "portal: chief@https://portal.example.com"


def test_another_worker_with_the_same_key_goes_on_with_a_login(tmp_path):
    """What one has put, a second one gets; without a key nothing is written."""
    LoginStates(tmp_path, "a long secret").put(ACCOUNT, STATE)
    LoginStates(tmp_path / "none", "").put(ACCOUNT, STATE)
    again = LoginStates(tmp_path, "a long secret").get(ACCOUNT)
    assert (again, (tmp_path / "none").exists()) == (STATE, False)


def test_login_on_disk_cannot_be_read_without_the_key(tmp_path):
    """The file contains neither cookie nor account, and only its owner can read it."""
    LoginStates(tmp_path, "a long secret").put(ACCOUNT, STATE)
    (file,) = tmp_path.iterdir()
    written = file.name.encode() + file.read_bytes()
    told = [word for word in (b"canary", b"clerk", b"portal") if word in written]
    other = LoginStates(tmp_path, "another secret").get(ACCOUNT)
    assert (told, file.stat().st_mode & 0o777, other) == ([], 0o600, None)


def test_login_of_another_account_cannot_be_put_in_its_place(tmp_path):
    """A file that was copied to the name of another account is no login."""
    LoginStates(tmp_path, "a long secret").put(ACCOUNT, STATE)
    (file,) = tmp_path.iterdir()
    LoginStates(tmp_path, "a long secret").put(OTHER, {})
    (other,) = set(tmp_path.iterdir()) - {file}
    other.write_bytes(file.read_bytes())
    assert LoginStates(tmp_path, "a long secret").get(OTHER) is None


def test_login_that_is_too_old_is_not_used(tmp_path, monkeypatch):
    """After half a day a new login is made."""
    start = datetime(2026, 11, 2, 8, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: start)
    LoginStates(tmp_path, "a long secret").put(ACCOUNT, STATE)
    got = []
    for age in (LONGEST, LONGEST + timedelta(seconds=1)):
        monkeypatch.setattr(clock, "now", lambda age=age: start + age)
        got.append(LoginStates(tmp_path, "a long secret").get(ACCOUNT))
    assert got == [STATE, None]
