"""Signed requests over HTTP: who may send, the same delivery twice is one, one sentence each."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clerkwork import clock
from clerkwork.clock import from_ms
from clerkwork.intake.sources.webhook import Webhook, secret_key, sign
from clerkwork.store.schema import delivery, item
from tests.fixtures_console import ConsoleProject, Served
from tests.fixtures_logs import put_file

VARIABLE = "TEST_HOOK_SECRET"
SECRET = "whsec_" + base64.b64encode(b"known to both sides").decode()
ORDER = {"number": "PO-1", "supplier": "S-1"}


class Sender:
    """Another system that knows the secret."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.project = served.project

    def post(
        self,
        data: Any,
        *,
        name: str = "d-1",
        age_s: float = 0,
        signed: bytes | None = None,
        workflow: str = "purchase_orders",
        **headers: str,
    ) -> httpx.Response:
        """Send *data*; *signed* is what the signature is made for, *headers* go before ours."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        stamp = str(int(clock.now().timestamp() - age_s))
        terms = headers.get("clerkwork_terms", "")
        content = f"{terms}.".encode() + body if terms else body
        made = sign(secret_key(SECRET), name, stamp, content if signed is None else signed)
        given = {
            "webhook-id": name,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{made}",
        } | {key.replace("_", "-"): value for key, value in headers.items()}
        kept = {key: value for key, value in given.items() if value}
        address = f"{self.served.address}/hooks/{workflow}"
        return httpx.post(address, content=body, headers=kept, timeout=30)

    def references(self) -> list[str]:
        with self.project.store.read() as db:
            return [row.reference for row in db.execute(item.select().order_by(item.c.id))]


def serve(project: ConsoleProject, patched: pytest.MonkeyPatch) -> Iterator[Sender]:
    patched.setenv(VARIABLE, SECRET)
    plan = project.workflows["purchase_orders"]
    hook = Webhook(secret_variable=VARIABLE, max_kb=2)
    project.workflows["purchase_orders"] = plan.model_copy(update={"webhook": hook})
    served = Served(project)
    yield Sender(served)
    served.stop()


@pytest.fixture
def sender(console_project, monkeypatch):
    """Return a sender to a project of its own."""
    yield from serve(console_project, monkeypatch)


@pytest.fixture(scope="module")
def refused(new_console_project):
    """Return a sender to a project that stays empty, because everything sent to it is refused."""
    project = new_console_project()
    with pytest.MonkeyPatch.context() as patched:
        yield from serve(project, patched)
    project.engine.close()
    project.store.close()


def test_a_signed_request_adds_its_items(sender):
    """The body is one object or a list; the answer has the result of each."""
    one = sender.post(ORDER)
    many = sender.post([{"number": "PO-2"}, ORDER], name="d-2")
    assert (one.status_code, one.json()) == (
        200,
        {"duplicate": False, "items": [{"reference": "PO-1", "item": 1, "added": "new"}]},
    )
    assert [(row["reference"], row["added"]) for row in many.json()["items"]] == [
        ("PO-2", "new"),
        ("PO-1", "merged"),
    ]


def test_delivery_to_a_deleted_store_is_503_and_may_come_again(sender):
    """What would be lost with the file is never acknowledged; a page says so, too."""
    for file in (sender.project.root / "var").glob("clerkwork.db*"):
        file.unlink()
    answer = sender.post(ORDER)
    page = httpx.get(f"{sender.served.address}/queue")
    assert (answer.status_code, "Retry-After" in answer.headers, page.status_code) == (
        503,
        True,
        503,
    )


def test_stored_delivery_is_acknowledged_though_the_log_cannot_be_written(sender):
    """The store has the items, so the sender need not try again."""
    put_file(sender.project.root / "logs")
    answer = sender.post(ORDER)
    assert (answer.status_code, sender.references()) == (200, ["PO-1"])


def test_terms_hold_for_all_items_of_a_delivery(sender):
    """Priority, due and not-before are kept; an instant without an offset is in UTC."""
    sender.post(
        [ORDER, {"number": "PO-2"}],
        clerkwork_terms="priority=10, due=2036-11-02T10:00+01:00, not-before=2036-11-01T00:00",
    )
    with sender.project.store.read() as db:
        rows = db.execute(item.select()).all()
    assert [(row.priority, from_ms(row.due_ms), from_ms(row.not_before_ms)) for row in rows] == [
        (10, datetime(2036, 11, 2, 9, tzinfo=UTC), datetime(2036, 11, 1, tzinfo=UTC))
    ] * 2


def test_terms_that_were_changed_on_the_way_do_not_fit_the_signature(refused):
    """Neither added, nor taken away, nor other ones."""
    body = json.dumps(ORDER).encode()
    added = refused.post(ORDER, clerkwork_terms="priority=1", signed=body)
    taken = refused.post(ORDER, signed=b"priority=1." + body)
    other = refused.post(ORDER, clerkwork_terms="priority=1", signed=b"priority=2." + body)
    assert ([added.status_code, taken.status_code, other.status_code], refused.references()) == (
        [401, 401, 401],
        [],
    )


def test_the_same_delivery_with_other_terms_is_refused(sender):
    """Else they would be dropped without a word."""
    sender.post(ORDER, clerkwork_terms="priority=1")
    assert sender.post(ORDER, clerkwork_terms="priority=2").status_code == 409


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("priority=0", "priority is a whole number from 1 (first) to 1000, not '0'."),
        ("priority=1001", "priority is a whole number from 1 (first) to 1000, not '1001'."),
        ("due=soon", "due is an instant, not 'soon'."),
        ("not-before=9999-12-31T23:59-05:00", "not-before is an instant, not '9999-12-31"),
        ("urgent=yes", "each at most once; not 'urgent=yes'."),
        ("priority=1, priority=2", "each at most once; not 'priority=2'."),
    ],
)
def test_terms_that_cannot_be_understood_are_refused(refused, terms, said):
    """One sentence, and nothing is added."""
    answer = refused.post(ORDER, clerkwork_terms=terms)
    assert (answer.status_code, said in answer.json()["error"]) == (400, True)
    assert refused.references() == []


def test_the_same_delivery_twice_is_one(sender):
    """A sender that lost our answer tries again; what came is not even looked at."""
    answers = [sender.post(ORDER).json()["duplicate"] for _ in range(3)]
    with sender.project.store.read() as db:
        kept = db.execute(delivery.select()).all()
    assert (answers, sender.references(), len(kept)) == ([False, True, True], ["PO-1"], 1)


def test_the_same_delivery_at_the_same_time_is_one(sender):
    """Two tries may even overtake each other."""
    threads = [threading.Thread(target=sender.post, args=(ORDER,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sender.references() == ["PO-1"]


def test_an_id_that_comes_with_another_body_is_refused(sender):
    """Else the second order would be lost without a word."""
    sender.post(ORDER)
    answer = sender.post({"number": "PO-2"})
    assert (answer.status_code, answer.json(), sender.references()) == (
        409,
        {"error": "This webhook-id came before with another body; send a new id."},
        ["PO-1"],
    )


def test_nothing_is_taken_in_while_it_may_not_be(sender):
    """The sender reads why and when to try again; a delivery that is here is still one."""
    sender.post(ORDER)
    sender.project.refusals.append("The disk is nearly full.")
    known, new = sender.post(ORDER), sender.post({"number": "PO-2"}, name="d-2")
    assert (known.json()["duplicate"], new.status_code, new.headers["Retry-After"], new.json()) == (
        True,
        503,
        "60",
        {"error": "The disk is nearly full."},
    )
    assert sender.references() == ["PO-1"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"signed": b"something else"}, "The webhook-signature does not fit id, timestamp and"),
        ({"webhook_signature": "v1,AAAA"}, "The webhook-signature does not fit"),
        ({"webhook_signature": "v0,AAAA v1"}, "The webhook-signature does not fit"),
        ({"webhook_id": "d-2"}, "The webhook-signature does not fit"),
        ({"webhook_signature": ""}, "Send the headers webhook-id, webhook-timestamp and"),
        ({"webhook_id": ""}, "Send the headers"),
        ({"webhook_timestamp": ""}, "Send the headers"),
        ({"name": "x" * 151}, "Send the headers"),
        ({"age_s": 302}, "The webhook-timestamp is more than 300 s away from our time."),
        ({"age_s": -302}, "The webhook-timestamp is more than 300 s away from our time."),
        ({"webhook_timestamp": "now"}, "The webhook-timestamp is more than 300 s away"),
    ],
)
def test_what_is_not_signed_as_it_must_be_is_refused(refused, keys, said):
    """Who knows not the secret, changed something on the way, or plays it again later."""
    answer = refused.post(ORDER, **keys)
    assert (answer.status_code, answer.json()["error"][: len(said)]) == (401, said)
    assert refused.references() == []


def test_a_timestamp_within_the_window_is_taken(sender):
    """Clocks differ a little."""
    assert sender.post(ORDER, age_s=290).status_code == 200


def test_while_a_secret_is_changed_one_signature_of_several_is_enough(sender):
    """The sender signs with the old one and the new one."""
    stamp = str(int(clock.now().timestamp()))
    body = json.dumps(ORDER).encode()
    right = sign(secret_key(SECRET), "d-1", stamp, body)
    headers = {"webhook_timestamp": stamp, "webhook_signature": f"v1,AAAA v1,{right}"}
    assert sender.post(body, **headers).status_code == 200


def test_a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end(refused):
    """The limit counts what arrives, and not what a header says."""

    def endless():
        yield b"["
        for _ in range(10_000):
            yield b" " * 1000

    answer = httpx.post(f"{refused.served.address}/hooks/purchase_orders", content=endless())
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": "The body is larger than 2 kB; send fewer items at once."},
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "The body is not JSON."),
        (b'{"number": NaN}', "Item 1: 'number' is not a finite number; nothing was added."),
        (b'{"number": "\\ud800"}', "Item 1: 'number' contains half a character"),
        (b'{"number": "A", "number": "B"}', "Item 1: 'number' occurs twice in its object;"),
        (b'{"number": "A", "x": ' + b"[" * 60 + b"]" * 60 + b"}", "Item 1: 'x.0.0"),
        (b"[" * 2000, "The body is not JSON."),
        (b"[]", "Send one object, or a list of 1 to 1000 objects."),
        (b"[1]", "Item 1 is not an object."),
        (b'[{"number": "A"}, {}]', "Item 2 has no 'number', which names it."),
        (b'{"number": true}', "Item 1 has no 'number', which names it."),
        (b'{"number": "  "}', "Item 1 has no 'number', which names it."),
        (json.dumps({"number": "x" * 151}).encode(), "Item 1: 'number' is longer than 150 char"),
    ],
)
def test_what_cannot_be_understood_is_refused_as_a_whole(refused, body, said):
    """Nothing is added, so the refused may send all of it again."""
    answer = refused.post(body)
    assert (answer.status_code, answer.json()["error"][: len(said)]) == (422, said)
    assert refused.references() == []


@pytest.mark.parametrize("workflow", ["form_extraction", "bogus"])
def test_a_workflow_without_a_webhook_is_not_found(refused, workflow):
    """Whether it exists is nobody's business."""
    answer = refused.post(ORDER, workflow=workflow)
    said = "No workflow of this name takes requests."
    assert (answer.status_code, answer.json()) == (404, {"error": said})


@pytest.mark.parametrize("value", ["", "whsec_not base64"])
def test_without_a_secret_nothing_is_taken(refused, monkeypatch, value):
    """An empty secret would let everybody in."""
    monkeypatch.setenv(VARIABLE, value)
    assert refused.post(ORDER).status_code == 503


def test_data_that_does_not_fit_the_model_waits_for_the_bot_s_own_check(sender):
    """It is an item, and a person corrects it; the sender need not know the model."""
    assert sender.post({"number": "PO-9", "lines": "none"}).status_code == 200
    assert sender.references() == ["PO-9"]


def test_a_crash_before_the_delivery_is_recorded_adds_nothing_twice(sender, monkeypatch):
    """The sender tries again, and the item is there already."""

    def die(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr("clerkwork.intake.sources.webhook.deliveries.add", die)
        failed = sender.post(ORDER)
    again = sender.post(ORDER)
    assert failed.status_code == 500
    assert [row["added"] for row in again.json()["items"]] == ["merged"]
    assert sender.references() == ["PO-1"]


def test_the_window_is_not_longer_than_a_delivery_is_kept():
    """An hour at most: what is older cannot be played again."""
    with pytest.raises(ValueError, match="less than or equal to 3600"):
        Webhook(secret_variable="X", window_s=timedelta(hours=2).total_seconds())
