"""The browser in its child process: limits, errors as sentences, evidence, no orphans."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from clerkwork.browser.process import executable
from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.settings import BrowserSettings
from clerkwork.testing.portal import Fault, Faults, RequestKind
from tests import visits
from tests.fixtures_portal import Visitor, eventually

ROOT = Path(__file__).parents[2]
NOBODY = 65534  # Debian's user who owns nothing
HOST = """
import sys
from pathlib import Path
from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.settings import BrowserSettings
from clerkwork.model.project.targets import Target
from tests import visits
host = BrowserHost(BrowserSettings(), Path(sys.argv[2]))
host.call(Target(name="portal", base_url=sys.argv[1]), visits.title_of_first_page)
print("warm", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A temporary folder whose path is short enough for Chromium's socket."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def marked(mark: str) -> list[int]:
    """Return the live processes that inherited *mark* in their environment."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            state = (file.parent / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and mark.encode() in file.read_bytes():
                found.append(int(file.parent.name))
        except OSError:
            continue
    return found


def limited(visitor: Visitor, **changes) -> Visitor:
    visitor.target = visitor.target.model_copy(update=changes)
    return visitor


@pytest.mark.parametrize(
    ("function", "code", "words"),
    [
        (visits.crash_page, "browser_crashed", "ended unexpectedly"),
        (visits.crash_browser, "browser_crashed", "ended unexpectedly"),
        (visits.kill_own_process, "child_died", "ended unexpectedly"),
        (visits.want_missing, "page_unexpected", '#confirm-button") was not found'),
        (visits.want_ambiguous, "page_unexpected", 'locator("button") was found 2 times'),
        (visits.foreign_host, "egress_refused", "request to nowhere.invalid:80 was blocked"),
        (visits.own_error, "of_its_own", "The form is wrong."),
        (visits.bug, "child_failed", "KeyError: 'lines'"),
    ],
)
def test_failure_is_one_sentence_with_a_code_and_the_next_call_works(
    visitor, function, code, words
):
    """Each browser failure reaches the worker as one sentence, and the worker continues."""
    error = visitor.fails(function)
    assert (error.code, words in str(error), "\n" in str(error)) == (code, True, False)
    assert visitor(visits.title_of_first_page) == "Log in"


def test_page_that_does_not_answer_is_named(portal, visitor):
    """The page's address is in the sentence."""
    portal.set_faults(Faults(next={RequestKind.PAGE: [Fault.SLOW]}))
    error = visitor.fails(visits.slow_page)
    assert (error.code, str(error)) == (
        "page_timeout",
        f"{portal.url}/ did not answer in time.",
    )


def test_hung_page_is_killed_at_its_limit(visitor):
    """No time-out inside the browser would end it."""
    visitor(visits.title_of_first_page)
    assert limited(visitor, call_timeout_s=2).fails(visits.hang).code == "child_timeout"  # type: ignore[attr-defined]  # dynamic


def test_browser_that_eats_memory_is_killed(visitor, tmp_path):
    """The limit holds for the browser and all its processes together."""
    greedy = BrowserHost(BrowserSettings(memory_mb=500), tmp_path)
    visitor.host = greedy
    try:
        assert visitor.fails(visits.eat_memory).code == "child_memory"
    finally:
        greedy.close()


def test_page_that_fills_its_heap_is_a_crash_and_the_next_call_works(visitor, tmp_path):
    """The script engine's own limit ends the page before ours ends the browser."""
    small = tmp_path / "small-heap"
    found = executable.find("", lambda: "").path
    small.write_text(f'#!/bin/sh\nexec {found} --js-flags=--max-old-space-size=64 "$@"\n')
    small.chmod(0o755)
    host = visitor.host = BrowserHost(BrowserSettings(executable=str(small)), tmp_path)
    error = visitor.fails(visits.fill_heap)
    title = visitor(visits.title_of_first_page)
    host.close()
    assert (error.code, title) == ("browser_crashed", "Log in")


@pytest.mark.parametrize(
    ("executable", "code", "words"),
    [
        ("/no/such/browser", "browser_missing", "browser.executable names /no/such/browser"),
        ("/bin/false", "browser_failed", "Chromium could not be started"),
    ],
)
def test_browser_that_does_not_start_is_named(visitor, tmp_path, executable, code, words):
    """The remedy is in the sentence."""
    host = visitor.host = BrowserHost(BrowserSettings(executable=executable), tmp_path)
    error = visitor.fails(visits.title_of_first_page)
    host.close()
    assert (error.code, words in str(error)) == (code, True)


def test_cookies_are_kept_for_the_target_alone(visitor):
    """The next call to the same target has them, another target has not."""
    limited(visitor, name="first")(visits.cookies, "mine")
    again = limited(visitor, name="first")(visits.cookies, "more")
    other = limited(visitor, name="second")(visits.cookies, "none")
    assert (again, other) == (["lang", "mine"], ["lang"])


def test_picture_is_kept_under_its_own_hash(visitor):
    """A picture changed later no longer matches its name."""
    visitor(visits.picture_of_field, "text")
    (told,) = (data for kind, data in visitor.messages if kind == "evidence")
    file = visitor.evidence / told["sha256"][:2] / f"{told['sha256']}.jpg"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == told["sha256"]
    assert (told["name"], told["media_type"]) == ("field", "image/jpeg")


def test_a_nearly_full_disk_stops_pictures_before_it_stops_work(visitor, tmp_path):
    """The page's work goes on, nothing is kept, and the run log says so."""
    host = BrowserHost(BrowserSettings(), tmp_path / "evidence", full_percent=0)
    with closing(host):
        replace(visitor, host=host)(visits.picture_of_field, "text")
    said = [data["message"] for kind, data in visitor.messages if kind == "log"][-1:]
    assert (visitor.kept(), said, list(tmp_path.rglob("*.jpg"))) == (
        [],
        ["No evidence {name} was kept: the disk is nearly full."],
        [],
    )


@pytest.mark.parametrize(("kind", "blue"), [("text", True), ("password", False)])
def test_password_fields_are_covered_in_pictures(visitor, kind, blue):
    """A blue field is blue in the picture, unless it holds a password."""
    visitor(visits.picture_of_field, kind)
    sha256 = next(data["sha256"] for kind, data in visitor.messages if kind == "evidence")
    with Image.open(visitor.evidence / sha256[:2] / f"{sha256}.jpg") as picture:
        red, _, middle_blue = picture.getpixel((picture.width // 2, picture.height // 2))
    assert (middle_blue > 200 and red < 50) is blue


def test_after_the_last_word_a_form_is_sent_once(portal, visitor):
    """Chromium would send it again by itself when the kept connection closes without an answer.

    Three answers are lost: each of three calls uses up one of them, and the fourth gets through.
    """
    portal.set_faults(Faults(next={RequestKind.LOGIN: [Fault.LOST_ANSWER] * 3}))
    first, second = visitor(visits.send_once), visitor(visits.send_once)
    third, fourth = visitor(visits.send_once), visitor(visits.send_once)
    assert [first, second, third] == ["chrome-error://chromewebdata/"] * 3
    assert fourth == f"{portal.url}/"


def test_close_leaves_no_process_and_no_file(visitor, short_path, monkeypatch):
    """The browser's processes and its profile are gone."""
    mark = f"{uuid.uuid4()}"
    monkeypatch.setenv("CLERKWORK_TEST_MARK", mark)
    monkeypatch.setattr(tempfile, "tempdir", str(short_path))
    host = visitor.host = BrowserHost(BrowserSettings(), short_path / "evidence")
    visitor(visits.title_of_first_page)
    warm = len(marked(mark))
    host.close()
    assert warm > 3
    assert eventually(lambda: not marked(mark))
    assert list(short_path.glob("clerkwork-*")) == []


@pytest.mark.parametrize("victim", ["worker", "browser process"])
def test_no_browser_outlives_a_kill_9(portal, tmp_path, victim):
    """Whether the worker or its child is killed, within seconds nothing of the browser is left."""
    mark = f"{uuid.uuid4()}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CLERKWORK_TEST_MARK": mark}
    worker = subprocess.Popen(
        [sys.executable, "-c", HOST, portal.url, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    try:
        assert worker.stdout.readline() == b"warm\n"
        others = [pid for pid in marked(mark) if pid != worker.pid]
        assert len(others) > 3
        os.kill(worker.pid if victim == "worker" else child_of(worker.pid), signal.SIGKILL)
        assert eventually(lambda: not [pid for pid in marked(mark) if pid != worker.pid])
    finally:
        worker.kill()
        worker.communicate()


def test_who_is_not_root_has_chromium_sandboxed(portal, short_path):
    """As root it cannot be; a service has a user of its own."""
    user = {}
    if os.geteuid() == 0:
        os.chown(short_path, NOBODY, NOBODY)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    for command, missing in {
        ("unshare", "-Ur", "true"): "a kernel that lets users make the namespaces of a sandbox",
        ("test", "-x", sys.executable): "a Python that other users than root can start",
    }.items():
        if subprocess.run(command, check=False, cwd="/", **user).returncode:
            pytest.skip(f"needs {missing}")
    mark = f"{uuid.uuid4()}"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        "CLERKWORK_TEST_MARK": mark,
        "HOME": str(short_path),
        "TMPDIR": str(short_path),
    }
    worker = subprocess.Popen(
        [sys.executable, "-c", HOST, portal.url, str(short_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        cwd=short_path,
        **user,
    )
    try:
        assert worker.stdout.readline() == b"warm\n"
        lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in marked(mark)]
        browsers = [line for line in lines if b"--headless" in line]
        bare = [line for line in lines if b"--no-sandbox" in line]
        assert (len(browsers) > 0, bare) == (True, [])
    finally:
        worker.kill()
        worker.communicate()


def child_of(parent: int) -> int:
    """Return the process that the parent started itself."""
    (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(child)


@pytest.mark.parametrize("how", ["", 'save.style.top = "200px"; other.style.top = "20px";'])
def test_nothing_but_the_button_is_clicked(visitor, how):
    """A page that puts another button under the mouse on its way has that one left alone."""
    assert visitor(visits.click_while_moving, how) == "Save"


def test_first_failure_keeps_the_page_as_it_was(visitor, tmp_path):
    """A call that was not recorded has a trace all the same, with what the page said."""
    host = BrowserHost(BrowserSettings(trace_percent=0), tmp_path / "evidence")
    with closing(host):
        first = replace(visitor, host=host, evidence=tmp_path / "evidence", messages=[])
        first.fails(visits.own_error)
    (told,) = (data for kind, data in first.messages if data.get("name") == "trace")
    file = first.evidence / told["sha256"][:2] / f"{told['sha256']}.zip"
    with zipfile.ZipFile(file) as trace:
        events = [json.loads(line) for line in trace.read("trace.trace").splitlines()]
    pages = [repr(one["snapshot"]["html"]) for one in events if one["type"] == "frame-snapshot"]
    assert any("'BUTTON', {}, 'one'" in page for page in pages)


@pytest.mark.parametrize("more", ["<span>Save</span> <span>and close</span>", "Save (draft)"])
def test_button_that_says_more_is_not_clicked(visitor, more):
    """One part of its words is not its name."""
    assert visitor.fails(visits.click_one_of, "Save", [more]).code == "page_unexpected"


@pytest.mark.parametrize(
    ("words", "buttons", "clicked"),
    [
        ("Save", ["+ Save (F8)"], "+ Save (F8)"),
        ("保存", ["保 存 [Ctrl+S]", "保存（草稿）"], "保 存 [Ctrl+S]"),
        ("Save", ["Save…", "Save"], "Save"),
        ("Part (A)", ["Part (B)", "Part (A)"], "Part (A)"),
    ],
)
def test_button_is_known_with_its_signs_and_shortcut(visitor, words, buttons, clicked):
    """A button with exactly these words is preferred to one with additional words."""
    assert visitor(visits.click_one_of, words, buttons) == clicked
