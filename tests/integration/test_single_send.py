"""A request that changes something leaves the browser once and whole, in real Chromium."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.settings import BrowserSettings
from clerkwork.errors import ClerkworkError
from tests import lossy_target
from tests.fixtures_portal import Visitor
from tests.lossy_target import FILE, UPLOADS, WAYS, LossyTarget


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("certificate") / "target.pem"
    lossy_target.write_certificate(file)
    return file


@pytest.fixture(scope="module")
def trusting_browser(
    certificate: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserHost]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NODE_EXTRA_CA_CERTS", str(certificate))
        host = BrowserHost(BrowserSettings(), tmp_path_factory.mktemp("evidence"))
        yield host
        host.close()


@pytest.fixture(autouse=True)
def short_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in doubt is refused soon; nobody waits for an answer that was lost."""
    monkeypatch.setattr("clerkwork.browser.process.unanswered.HOLD_S", 0.5)


@pytest.fixture(params=["http", "https"])
def target(request: pytest.FixtureRequest, certificate: Path) -> Iterator[LossyTarget]:
    with lossy_target.lossy_target(certificate if request.param == "https" else None) as made:
        yield made


@pytest.fixture
def at_target(visitor: Visitor, trusting_browser: BrowserHost, target: LossyTarget) -> Visitor:
    visitor.target = visitor.target.model_copy(update={"base_url": target.url})
    visitor.host = trusting_browser
    return visitor


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "receipt.pdf"
    made.write_bytes(FILE)
    return made


@pytest.mark.parametrize("way", WAYS)
def test_request_whose_answer_is_lost_is_sent_once(at_target, target, way):
    """Neither the browser nor the page sends it again, though nothing was submitted yet."""
    target.losing = 5
    with contextlib.suppress(ClerkworkError):
        at_target(lossy_target.send, way)
    assert len(target.taken) == 1


def test_refused_repeat_is_in_the_run_log(at_target, target):
    """The log says why the page failed, and where to look."""
    target.losing = 5
    with contextlib.suppress(ClerkworkError):
        at_target(lossy_target.send, "page that tries again")
    told = [data["facts"] for kind, data in at_target.messages if kind == "log" and "level" in data]
    place = target.url.partition("//")[2]
    assert told == [{"code": "repeat_refused", "place": place}]


@pytest.mark.parametrize("way", UPLOADS)
def test_file_arrives_whole(at_target, target, file, way):
    """The browser itself sends what a page takes from a file."""
    at_target(lossy_target.upload, way, str(file))
    assert [whole for _, _, whole in target.taken] == [True]


@pytest.mark.parametrize("way", UPLOADS)
def test_upload_whose_answer_is_lost_is_sent_once(at_target, target, file, way):
    """The target may have stored it."""
    target.losing = 5
    with contextlib.suppress(ClerkworkError):
        at_target(lossy_target.upload, way, str(file))
    assert [whole for _, _, whole in target.taken] == [True]


def test_request_after_a_lost_answer_is_sent_where_it_is_another_one(at_target, target):
    """A lost answer does not stop a page that sends a different request."""
    target.losing = 1
    with contextlib.suppress(ClerkworkError):
        at_target(lossy_target.send_two)
    assert [path for _, path, _ in target.taken] == ["/new", "/other"]
