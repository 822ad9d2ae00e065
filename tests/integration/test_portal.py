"""The purchasing portal over HTTP, without a browser."""

import httpx
import pytest

from clerkwork import clock
from clerkwork.errors import ApplicationException
from clerkwork.testing.portal import Fault, Faults, Portal, RequestKind
from tests.fixtures_portal import as_form, eventually, make_order


def submit(clerk: httpx.Client, number: str = "PO-1") -> httpx.Response:
    return clerk.post("/orders", data=as_form(make_order(number)))


def next_submit(portal: Portal, fault: Fault, **delays: int) -> None:
    portal.set_faults(Faults(next={RequestKind.SUBMIT: [fault]}, **delays))


def numbers(portal: Portal) -> list[str]:
    return [entered.order.number for entered in portal.orders()]


def test_every_page_needs_a_login(portal):
    """Without a session each page leads to the login, and data is refused."""
    with httpx.Client(base_url=portal.url) as stranger:
        pages = [stranger.get(path) for path in ("/", "/orders", "/orders/new", "/orders/PC-1")]
        data = stranger.get("/api/suppliers?q=")
    assert [page.headers.get("location") for page in pages] == ["/login?ended=true"] * 4
    assert data.status_code == 401


def test_wrong_password_is_refused(portal):
    """No session is given."""
    with httpx.Client(base_url=portal.url) as stranger:
        answer = stranger.post("/login", data={"username": "clerk", "password": "guess"})
    assert (answer.status_code, dict(answer.cookies)) == (401, {"lang": "en"})


def test_order_submitted_twice_exists_twice(portal, clerk):
    """Nothing but the bot's care prevents a duplicate."""
    first, second = submit(clerk), submit(clerk)
    assert first.headers["location"] != second.headers["location"]
    assert numbers(portal) == ["PO-1", "PO-1"]


def test_lost_answer_comes_after_the_commit(portal, clerk):
    """The client sees a closed connection, the order is stored."""
    next_submit(portal, Fault.LOST_ANSWER)
    with pytest.raises(httpx.RemoteProtocolError):
        submit(clerk)
    assert numbers(portal) == ["PO-1"]


def test_error_comes_before_the_commit(portal, clerk):
    """Nothing is stored."""
    next_submit(portal, Fault.ERROR_500)
    assert (submit(clerk).status_code, numbers(portal)) == (500, [])


def test_error_after_commit_looks_the_same_to_the_client(portal, clerk):
    """Only the database shows the difference from an error before the commit."""
    next_submit(portal, Fault.ERROR_AFTER_COMMIT)
    assert (submit(clerk).status_code, numbers(portal)) == (500, ["PO-1"])


def test_late_commit_happens_though_the_client_is_gone(portal, clerk):
    """Right after the client gave up there is no order; later there is."""
    next_submit(portal, Fault.LATE_COMMIT, late_commit_ms=600)
    with pytest.raises(httpx.ReadTimeout):
        clerk.post("/orders", data=as_form(make_order("PO-1")), timeout=0.15)
    at_once = numbers(portal)
    assert eventually(lambda: numbers(portal))
    assert (at_once, numbers(portal)) == ([], ["PO-1"])


def test_gateway_timeout_is_answered_before_the_commit(portal, clerk):
    """The client gets an error although the commit succeeds later."""
    next_submit(portal, Fault.GATEWAY_TIMEOUT, late_commit_ms=600)
    answer, at_once = submit(clerk), numbers(portal)
    assert eventually(lambda: numbers(portal))
    assert (answer.status_code, at_once, numbers(portal)) == (504, [], ["PO-1"])


def test_expired_session_stores_nothing(portal, clerk):
    """The submit leads to the login page."""
    next_submit(portal, Fault.SESSION_EXPIRY)
    assert (submit(clerk).headers["location"], numbers(portal)) == ("/login?ended=true", [])


def test_slow_request_takes_its_time(portal, clerk):
    """The answer is right, but late."""
    portal.set_faults(Faults(next={RequestKind.PAGE: [Fault.SLOW]}, slow_ms=300))
    start = clock.monotonic()
    status = clerk.get("/").status_code
    assert (status, (clock.monotonic() - start).total_seconds() >= 0.3) == (200, True)


def test_order_that_breaks_a_rule_is_refused_with_reasons(portal, clerk):
    """An unknown supplier and a missing number are both possible typing slips."""
    data = as_form(make_order()) | {"supplier": "Nobody"}
    answer = clerk.post("/orders", data=data)
    assert (answer.status_code, "supplier: choose one" in answer.text) == (422, True)
    assert clerk.post("/orders", data=data | {"number": ""}).status_code == 422
    assert numbers(portal) == []


def test_order_of_five_hundred_lines_is_taken_whole(portal, clerk):
    """The form may have more fields than a web framework allows by itself."""
    line = make_order().lines[0]
    order = make_order(lines=[line] * 500, total=line.amount * 500 + make_order().tax)
    clerk.post("/orders", data=as_form(order))
    assert [entered.order for entered in portal.orders()] == [order]


def test_suppliers_are_found_by_any_part_of_their_name(clerk):
    """In any case, in both scripts."""
    found = [clerk.get("/api/suppliers", params={"q": q}).json() for q in ("TRADING", "轴承")]
    assert found == [["Blue Harbour Trading GmbH"], ["苏州工业园区精工轴承有限公司"]]


def test_pages_come_in_the_chosen_language(clerk):
    """The choice is kept for the pages after it."""
    chosen = clerk.get("/?lang=zh")
    after = clerk.get("/orders/new")
    assert ("采购门户" in chosen.text, "提交订单" in after.text) == (True, True)


def test_orders_survive_a_kill_and_sessions_do_not(tmp_path):
    """After a restart on the same port the database is the same and the login is gone."""
    with Portal(tmp_path / "portal.db") as portal, httpx.Client(base_url=portal.url) as client:
        client.post("/login", data={"username": portal.username, "password": portal.password})
        client.post("/orders", data=as_form(make_order()))
        address = portal.url
        portal.kill()
        portal.start()
        answer = client.get("/")
        assert (portal.url, answer.status_code, numbers(portal)) == (
            address,
            303,
            ["PO-2026-0001"],
        )


def test_taken_port_is_a_clear_error(portal, tmp_path, capfd):
    """The second portal names the port and the remedy."""
    port = int(portal.url.rpartition(":")[2])
    with pytest.raises(ApplicationException, match="did not start"):
        Portal(tmp_path / "second.db", port=port).start()
    assert f"port {port} is in use" in capfd.readouterr().err
