"""Which Chromium is taken."""

import pytest

from clerkwork.browser.process.executable import BrowserProgram, find
from clerkwork.errors import ApplicationException


@pytest.fixture
def program(tmp_path):
    """Return a function that makes a program of this name and returns its path."""

    def make(name):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        return str(file)

    return make


def test_setting_comes_first(program, tmp_path, monkeypatch):
    """Even where the system has one."""
    program("chromium")
    monkeypatch.setenv("PATH", str(tmp_path))
    mine = program("mine")
    assert find(mine, str) == BrowserProgram(path=mine, origin="the setting browser.executable")


def test_system_comes_before_playwrights_own(program, tmp_path, monkeypatch):
    """Its own is not even asked for."""
    own, system = program("own"), program("google-chrome")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("", lambda: own) == BrowserProgram(path=system, origin="the system's google-chrome")


def test_playwrights_own_is_the_last(program, monkeypatch):
    """It is taken where nothing else is found."""
    own = program("own")
    monkeypatch.setenv("PATH", "/nowhere")
    assert find("", lambda: own) == BrowserProgram(path=own, origin="Playwright's own")


def test_no_browser_at_all_says_how_to_get_one(monkeypatch):
    """The sentence names all three ways."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ApplicationException) as caught:
        find("", lambda: "/no/such/file")
    ways = ("apt-get install chromium", "playwright install", "browser.executable")
    assert [way in str(caught.value) for way in ways] == [True, True, True]


def test_setting_that_is_no_program_is_refused(tmp_path):
    """A folder, or a file that must not be executed."""
    for wrong in (tmp_path, tmp_path / "file"):
        with pytest.raises(ApplicationException) as caught:
            find(str(wrong), str)
        assert caught.value.code == "browser_missing"
