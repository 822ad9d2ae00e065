"""The browser's way out: it reaches its target and nothing else, while the item is held."""

import contextlib
import ipaddress
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import httpx
import pytest

from clerkwork.browser.process.proxy import EgressProxy
from clerkwork.errors import ClerkworkError
from clerkwork.model.project.egress import Egress, Unfenced, parse
from tests import traps, visits
from tests.fixtures_portal import Visitor
from tests.traps import WAYS, Trap, trap


@pytest.fixture(scope="module")
def running_trap() -> Iterator[Trap]:
    with trap() as made:
        yield made


@pytest.fixture
def caught(running_trap: Trap) -> Trap:
    """A trap that nothing has arrived in yet."""
    running_trap.hits.clear()
    running_trap.seen.clear()
    return running_trap


@pytest.fixture
def at_site(visitor: Visitor, caught: Trap) -> Visitor:
    """A caller of the site's pages next to the trap server; only the site is its target."""
    visitor.target = visitor.target.model_copy(update={"base_url": caught.site})
    return visitor


@dataclass
class Held:
    """A fence that can be taken away."""

    still: bool = True

    def held(self) -> bool:
        return self.still

    def passing(self) -> AbstractContextManager[bool]:
        return nullcontext(self.still)

    def lose(self) -> None:
        self.still = False


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_a_page_leads_out(at_site, caught, way):
    """Every kind of request from a target's page reaches the target only."""
    with contextlib.suppress(ClerkworkError):
        at_site(traps.open_way, way)
    assert (caught.hits, caught.seen[0]) == ([], "/" + way.replace(" ", "%20"))


@pytest.mark.parametrize("way", ["img", "fetch", "websocket", "frame", "form", "webrtc"])
def test_the_trap_catches_what_is_let_out(at_site, caught, way):
    """The test above could fail: the same pages reach a place that is listed; datagrams never."""
    listed = caught.url.removeprefix("http://")
    at_site.target = at_site.target.model_copy(update={"egress": [listed]})
    with contextlib.suppress(ClerkworkError):
        at_site(traps.open_way, way)
    assert bool(caught.hits) is (way != "webrtc")


@pytest.mark.parametrize(
    ("function", "path"),
    [
        (traps.go_to, "{site}/hop"),
        (traps.go_to, "{trap}/"),
        (traps.submit_to, "{site}/hop"),
        (traps.submit_to, "{trap}/"),
        (traps.ask_directly, "{site}/hop"),
        (traps.ask_directly, "{trap}/"),
    ],
)
def test_no_redirect_and_no_direct_request_leads_out(at_site, caught, function, path):
    """Not after five redirects, not with leave to submit, and not past the page."""
    with contextlib.suppress(ClerkworkError):
        at_site(function, path.format(site=caught.site, trap=caught.url))
    assert caught.hits == []


@pytest.mark.parametrize(
    "address",
    [
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "site@127.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to go to, not one to listen on
    ],
)
def test_no_writing_of_an_address_gets_round_the_list(at_site, caught, address):
    """The trap's port is not listed, however its host is written."""
    port = caught.url.rpartition(":")[2]
    error = at_site.fails(traps.go_to, f"http://{address}:{port}/")
    assert (error.code, caught.hits) == ("egress_refused", [])


def test_refusal_names_the_address_and_is_in_the_run_log(at_site, caught):
    """The error and the run log name the address that has to be listed."""
    place = caught.url.removeprefix("http://")
    error = at_site.fails(traps.go_to, caught.url)
    (told,) = [data for kind, data in at_site.messages if kind == "log" and "level" in data]
    assert (error.facts["place"], told["level"], told["facts"]["place"]) == (
        place,
        "warning",
        place,
    )


def test_target_that_is_down_is_named_with_its_reason(visitor):
    """The proxy's own error page would say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    visitor.target = visitor.target.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})
    error = visitor.fails(visits.title_of_first_page)
    assert (error.code, error.facts) == (
        "target_unreachable",
        {"place": f"127.0.0.1:{port}", "reason": "Connection refused"},
    )


@pytest.mark.parametrize(("lost", "entered"), [(False, ["/x"]), (True, [])])
def test_nothing_leaves_once_the_item_is_lost(at_site, caught, lost, entered):
    """It had leave to submit; the request is judged when it leaves all the same."""
    fence = Held()
    at_site.answer = fence.lose if lost else at_site.answer
    with contextlib.suppress(ClerkworkError):
        at_site(traps.submit_to, caught.site + "/x", fence=fence)
    assert [path for path in caught.seen if path == "/x"] == entered


class Broken(Held):
    """A fence whose store fails, with words that are nobody's business."""

    def held(self) -> bool:
        raise sqlite3.OperationalError("SELECT secret FROM items")


def test_nothing_leaves_when_nobody_can_tell_who_holds_the_item(at_site, caught):
    """The run log names the place and the kind of the error, without its words."""
    error = at_site.fails(traps.go_to, caught.site, fence=Broken())
    place = caught.site.removeprefix("http://")
    facts = {"place": place, "reason": "OperationalError"}
    told = [data["facts"] for kind, data in at_site.messages if kind == "log" and "level" in data]
    assert (error.facts, told, caught.seen) == (facts, [{"code": error.code, **facts}], [])


def test_name_that_cannot_be_one_is_refused_with_a_sentence():
    """No library's error about its letters reaches the log instead."""
    proxy = EgressProxy(Egress.of("http://127.0.0.1:9", ["a..b"]), Unfenced())
    try:
        with pytest.raises(httpx.TransportError):
            through(proxy, "http://a..b/")
    finally:
        proxy.close()
    assert [(code, one.code) for code, one in proxy.problems.items()] == [
        ("a..b:80", "target_unreachable")
    ]


def through(proxy: EgressProxy, address: str) -> httpx.Response:
    with httpx.Client(proxy=proxy.address, timeout=5, trust_env=False) as client:
        return client.get(address)


def test_closed_gate_cuts_what_is_open(caught):
    """A tunnel does not outlive the call that it was opened for."""
    proxy = EgressProxy(Egress.of(caught.site, []), Unfenced())
    place = caught.site.removeprefix("http://")
    with socket.create_connection(("127.0.0.1", int(proxy.address.rpartition(":")[2]))) as tunnel:
        tunnel.settimeout(5)
        tunnel.sendall(f"CONNECT {place} HTTP/1.1\r\n\r\n".encode())
        assert tunnel.recv(100).startswith(b"HTTP/1.1 200")
        proxy.close()
        ended = tunnel.recv(100)
    with pytest.raises(httpx.TransportError):
        through(proxy, caught.site)
    assert (ended, caught.seen) == (b"", [])


def test_answer_comes_through_as_it_is(portal):
    """Headers, body and status are the target's."""
    proxy = EgressProxy(Egress.of(portal.url, []), Unfenced())
    try:
        plain, proxied = httpx.get(f"{portal.url}/login"), through(proxy, f"{portal.url}/login")
    finally:
        proxy.close()
    assert (proxied.status_code, proxied.content) == (plain.status_code, plain.content)


def test_large_upload_and_answer_come_through_whole(clerk, portal):
    """More than any buffer holds, both ways."""
    body = b"x" * 3_000_000
    received: list[int] = []

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            data = b""
            while not data.endswith(body[:64]) or len(data) < len(body):
                data += connection.recv(65536)
            received.append(len(data.partition(b"\r\n\r\n")[2]))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        proxy = EgressProxy(Egress.of(address, []), Unfenced())
        proxy.arm()
        with httpx.Client(proxy=proxy.address, timeout=20, trust_env=False) as client:
            got = client.post(address, content=body).content
        thread.join()
        proxy.close()
    assert (received, got == body) == ([3_000_000], True)


@pytest.mark.parametrize(
    ("listed", "name", "port", "expected"),
    [
        ([], "erp.example.com", 443, True),
        ([], "erp.example.com", 80, False),
        ([], "ERP.example.com.", 443, True),
        ([], "example.com", 443, False),
        ([], "xerp.example.com", 443, False),
        (["cdn.example.com"], "cdn.example.com", 80, True),
        (["cdn.example.com"], "cdn.example.com", 8080, False),
        (["cdn.example.com:8080"], "cdn.example.com", 8080, True),
        (["*.example.com"], "a.b.example.com", 443, True),
        (["*.example.com"], "example.com", 443, False),
        (["*.example.com"], "evilexample.com", 443, False),
        (["10.0.0.0/8"], "10.1.2.3", 443, False),
        (["[fd00::1]:443"], "fd00::1", 443, True),
    ],
)
def test_place_is_listed_or_not(listed, name, port, expected):
    """A name matches exactly; a star matches subdomains only."""
    assert Egress.of("https://erp.example.com/", listed).names(name, port) is expected


@pytest.mark.parametrize(
    ("listed", "name", "address", "expected"),
    [
        ([], "erp.example.com", "93.184.216.34", True),
        ([], "erp.example.com", "10.1.2.3", False),
        ([], "erp.example.com", "127.0.0.1", False),
        ([], "erp.example.com", "169.254.169.254", False),
        ([], "erp.example.com", "::1", False),
        ([], "erp.example.com", "::ffff:10.1.2.3", False),
        ([], "erp.example.com", "64:ff9b::a01:203", False),
        ([], "erp.example.com", "2002:a01:203::", False),
        ([], "erp.example.com", "224.0.0.1", False),
        (["10.0.0.0/8"], "erp.example.com", "10.1.2.3", True),
        (["10.0.0.0/8"], "erp.example.com", "192.168.1.1", False),
        (["10.0.0.0/8"], "erp.example.com", "::ffff:10.1.2.3", True),
        ([], "127.0.0.1", "127.0.0.1", True),
        ([], "localhost", "::1", True),
        ([], "localhost", "10.1.2.3", False),
    ],
)
def test_listed_name_may_have_an_address_or_not(listed, name, address, expected):
    """A name that is pointed at a neighbour of ours leads nowhere."""
    egress = Egress.of("https://erp.example.com", listed)
    assert egress.allows(name, ipaddress.ip_address(address)) is expected


@pytest.mark.parametrize("entry", ["", "https://a.example.com", "a b", "10.0.0.0/99", "a:b"])
def test_entry_that_means_nothing_is_refused(entry):
    """The sentence says what can be written."""
    with pytest.raises(ValueError, match="is neither a host, such as"):
        parse(entry)
