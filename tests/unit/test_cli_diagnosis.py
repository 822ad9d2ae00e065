"""What `clerkwork doctor` finds on machines that lack something."""

import stat
from pathlib import Path

import pytest

from clerkwork.cli import diagnosis
from clerkwork.errors import ConfigError
from clerkwork.insight.health import State


@pytest.fixture
def programs(tmp_path: Path, monkeypatch):
    """A machine with no programs; the returned function puts one in its path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def add(name: str, script: str) -> Path:
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return file

    return add


TESSERACT = 'case "$1" in --version) echo "tesseract 5.9";; *) printf "List:\\neng\\n";; esac'


def test_no_tesseract_names_the_packages(programs):
    """Without tesseract the remedy installs it with Chinese."""
    found = diagnosis.tesseract("eng+chi_sim")
    assert (found.state, found.remedy) == (
        State.FAIL,
        "apt-get install tesseract-ocr tesseract-ocr-chi-sim",
    )


def test_a_missing_language_names_its_package(programs):
    """Only what is missing is to be installed."""
    programs("tesseract", TESSERACT)
    found = diagnosis.tesseract("eng+chi_sim")
    assert (found.state, found.found, found.remedy) == (
        State.FAIL,
        "without chi_sim",
        "apt-get install tesseract-ocr-chi-sim",
    )


def test_tesseract_with_its_languages_is_fine(programs):
    """The version is shown as the program says it."""
    programs("tesseract", TESSERACT)
    found = diagnosis.tesseract("eng")
    assert (found.state, found.found, found.remedy) == (State.OK, "tesseract 5.9, eng", "")


def test_a_tesseract_that_does_not_run_has_no_languages(programs):
    """A broken program is a failure and not a crash of the doctor."""
    programs("tesseract", "exit 1")
    assert diagnosis.tesseract("eng").state is State.FAIL


def test_the_browser_says_where_it_is_and_why(programs):
    """Version, path and origin stand in one line."""
    program = programs("chromium", 'echo "Chromium 999"')
    found = diagnosis.browser("")
    assert (found.state, found.found) == (
        State.OK,
        f"Chromium 999 at {program} (the system's chromium)",
    )


def test_a_browser_that_is_not_there_names_the_setting():
    """The message names the setting to correct."""
    found = diagnosis.browser("/nowhere/chromium")
    assert (found.state, "browser.executable" in found.remedy) == (State.FAIL, True)


def test_problems_of_files_are_counted_and_the_first_is_shown():
    """The doctor leaves the list to `check`."""
    problems = [ConfigError("a.yaml", "wrong", 3), ConfigError("b.yaml", "wrong")]
    found = diagnosis.files(problems)
    assert (found.state, found.found, found.remedy) == (
        State.FAIL,
        "2 problems, the first: a.yaml:3: wrong",
        "clerkwork check",
    )


def test_a_store_that_cannot_be_opened_is_one_finding(tmp_path):
    """Nothing else of the running project is looked at without a store."""
    (tmp_path / "var" / "clerkwork.db").mkdir(parents=True)
    found = diagnosis.running(tmp_path)
    assert [(finding.check, finding.state) for finding in found] == [("store", State.FAIL)]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "http://no.such.host.invalid", "nonsense"]
)
def test_a_target_that_does_not_answer_names_its_file(tmp_path, address):
    """Every fault of an address has the same remedy."""
    folder = tmp_path / "config" / "targets" / "erp"
    folder.mkdir(parents=True)
    (folder / "target.yaml").write_text(f"name: erp\nbase_url: {address}\n")
    (found,) = diagnosis.targets(tmp_path)
    assert (found.check, found.state, "config/targets/erp/target.yaml" in found.remedy) == (
        "target erp",
        State.FAIL,
        True,
    )
