"""What the console refuses, and the headers that bind the browser."""

import hashlib

import httpx
import pytest

from clerkwork.errors import ConfigError
from clerkwork.store.reviews import reviews
from clerkwork.testing.filled_store import keep
from clerkwork.web.console import create_console, make_server
from clerkwork.web.pictures import locate

SHA = hashlib.sha256(b"picture").hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_post_from_another_site_is_refused(served, headers):
    """A page of somebody else cannot answer a review in the user's name."""
    number = served.project.filler().order()
    answer = httpx.post(
        f"{served.address}/review/{number}",
        data={"decision": "reject", "note": "x"},
        headers=headers,
    )
    with served.project.store.read() as db:
        assert (answer.status_code, reviews.get(db, number).decision) == (403, None)


def test_post_with_the_consoles_own_origin_is_taken(served):
    """Older browsers send no Sec-Fetch-Site but an Origin."""
    number = served.project.filler().order()
    answer = httpx.post(
        f"{served.address}/review/{number}",
        data={"decision": "reject", "note": "x"},
        headers={"Origin": served.address},
    )
    assert answer.status_code == 303


def test_other_host_name_is_refused(served):
    """A foreign name that resolves to this machine does not reach the console."""
    assert httpx.get(served.address, headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", ""])  # noqa: S104 - refused below
def test_console_binds_to_loopback_only(console_project, host):
    """There is no log-in yet, so nobody else may connect."""
    with pytest.raises(ConfigError, match="loopback"):
        make_server(create_console(console_project), host, 0)


@pytest.mark.parametrize("path", ["/", "/queue", "/nowhere", "/static/console.css"])
def test_every_answer_binds_the_browser(served, path):
    """No inline script, no frame, no foreign address."""
    headers = httpx.get(served.address + path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_hold_no_inline_script_or_style(served_full):
    """The policy would refuse them, so there are none."""
    with served_full.client() as client:
        for path in ("/", "/queue", "/review/1", "/items/1", "/runs/item-1-1", "/metrics"):
            text = client.get(path).text
            assert " style=" not in text
            assert "<style" not in text
            assert " onclick=" not in text
            assert text.count("<script") == text.count('<script src="/static/')


def test_machine_descriptions_are_not_served(served):
    """There is no public interface yet, so none is described."""
    paths = ("/docs", "/redoc", "/openapi.json")
    assert [httpx.get(served.address + path).status_code for path in paths] == [404, 404, 404]


def test_evidence_is_sandboxed_and_kept_by_the_browser(served):
    """A picture cannot run anything, and is fetched once."""
    sha256 = keep(served.project.evidence, b"picture")
    answer = httpx.get(f"{served.address}/evidence/{sha256}")
    assert (answer.status_code, answer.content) == (200, b"picture")
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "address", ["..%2f..%2fetc%2fpasswd", SHA.upper(), SHA[:-1], SHA + "0", SHA, "%00" * 64]
)
def test_evidence_takes_no_path_from_the_user(served, address):
    """Only 64 lower-case hexadecimal digits of a file that is there are found."""
    assert httpx.get(f"{served.address}/evidence/{address}").status_code == 404


@pytest.mark.parametrize("suffix", [".html", ".svg", "", ".jpg.exe"])
def test_evidence_of_an_unknown_kind_is_not_served(tmp_path, suffix):
    """What a browser could run is never sent."""
    file = tmp_path / SHA[:2] / f"{SHA}{suffix}"
    file.parent.mkdir()
    file.write_bytes(b"x")
    assert locate(tmp_path, SHA) is None


def test_health_answers_what_monitoring_asks(served):
    """The numbers come from the store."""
    served.project.filler().order()
    found = httpx.get(f"{served.address}/health").json()
    assert {name: found[name] for name in ("status", "workers", "open_reviews")} == {
        "status": "warn",
        "workers": 0,
        "open_reviews": 1,
    }
