"""Signed requests of other systems to work items: who may send, and each delivery once.

The scheme is that of the Standard Webhooks specification, so senders find a library: the signature
is HMAC-SHA256 over ``<id>.<timestamp>.<body>``, in base64, with ``v1,`` before it. With the header
``clerkwork-terms`` it is over ``<id>.<timestamp>.<terms>.<body>``: no terms begin as JSON does, so
neither can be taken for the other. Items are added before the delivery is recorded: whatever dies
in between, the sender's next try does the rest, because an item that comes twice is one.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from pydantic import Field

from clerkwork import clock
from clerkwork.config.secrets import secret
from clerkwork.errors import ClerkworkError, ConfigError
from clerkwork.intake.contract import Source
from clerkwork.intake.ports import Submitter
from clerkwork.model.project.sources import SecretVariable, SourceKeys
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.items import NewItem, Terms
from clerkwork.model.work.reviews import NotStorable
from clerkwork.model.work.storable import parsed
from clerkwork.store.database import Store
from clerkwork.store.inbox import deliveries

MOST_ITEMS = 1000
LONGEST_ID = 150
KB = 1024
RETRY_S = 60
LAST_PRIORITY = 1000
TERMS = "clerkwork-terms"
EXAMPLE = "priority=10, due=2026-11-02T09:00Z, not-before=2026-11-01T00:00Z"
ENCODED = "whsec_"


class Webhook(SourceKeys):
    """Another system posts signed work items to `/hooks/<workflow>` of the console."""

    looked_at: ClassVar[bool] = False
    needs_schedule: ClassVar[bool] = False

    secret_variable: SecretVariable = Field(
        description="Name of the environment variable that holds the secret both sides know; "
        "`whsec_` and base64 is decoded, any other text is used as it is."
    )
    max_kb: int = Field(256, ge=1, le=10_240, description="A larger request is refused.")
    window_s: int = Field(
        300, ge=10, le=3600, description="Seconds a request's time may differ from ours."
    )


SOURCE = Source(
    key="webhook",
    keys=Webhook,
    summary="Signed requests that its items come from.",
)


class HookRefused(ClerkworkError):
    """A request was refused; its text is one sentence for the sender.

    Attributes:
        status: The HTTP status.
        retry_after_s: When it may be tried again, or None: not as it is.
    """

    def __init__(self, status: int, problem: str, retry_after_s: int | None = None) -> None:
        super().__init__(problem)
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came in.

    Attributes:
        headers: By name, in small letters.
        body: At most as many bytes as ``HookIntake.limit`` says.
    """

    headers: Mapping[str, str]
    body: bytes

    @property
    def signed(self) -> bytes:
        """Return what of its content the signature is made for."""
        terms = self.headers.get(TERMS, "")
        return f"{terms}.".encode() + self.body if terms else self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The result of a delivery.

    Attributes:
        duplicate: Whether it was here before; then nothing was added.
        items: Reference, number and result of each item.
    """

    duplicate: bool
    items: list[dict[str, Any]]


class HookIntake:
    """Takes deliveries for the workflows that have a ``webhook``."""

    def __init__(
        self,
        workflows: Mapping[str, Workflow],
        store: Store,
        engine: Submitter,
        *,
        refusal: Callable[[], str] = str,
        now: clock.Clock = clock.now,
    ) -> None:
        """Prepare the intake.

        Args:
            workflows: The project's.
            store: Where deliveries are recorded.
            engine: Takes the items.
            refusal: Why nothing may be taken in now; an empty string when it may.
            now: The wall clock.
        """
        self._refusal = refusal
        self._workflows = workflows
        self._store = store
        self._engine = engine
        self._now = now

    def limit(self, workflow: str) -> int:
        """Return the most bytes that a request to *workflow* may have.

        Raises:
            HookRefused: The workflow takes no requests.
        """
        return self._rules(workflow)[1].max_kb * KB

    def receive(self, workflow: str, request: Request) -> Received:
        """Add the items of a request, once for each delivery.

        Raises:
            HookRefused: It is not signed as it must be, too large, or cannot be understood.
        """
        plan, rules = self._rules(workflow)
        if len(request.body) > rules.max_kb * KB:
            raise too_large(rules.max_kb * KB)
        name = self._checked(plan, rules, request)
        key, digest = f"hook:{name}", hashlib.sha256(request.signed).hexdigest()
        with self._store.read() as db:
            known = deliveries.find(db, workflow, key)
        if known is not None:
            if known.digest != digest:
                said = "This webhook-id came before with another body; send a new id."
                raise HookRefused(409, said)
            return Received(duplicate=True, items=[])
        if reason := self._refusal():
            raise HookRefused(503, reason, RETRY_S)
        terms = _terms(request.headers.get(TERMS, ""))
        items = [terms.of(item) for item in self._items(request.body, plan, name)]
        answers = [(item, self._engine.submit(item)) for item in items]
        with self._store.write() as db:
            deliveries.add(db, workflow, key, digest=digest, items=len(items), now=self._now())
        rows = [
            {"reference": item.reference, "item": answer.item_id, "added": answer.added.value}
            for item, answer in answers
        ]
        return Received(duplicate=False, items=rows)

    def _items(self, body: bytes, plan: Workflow, name: str) -> list[NewItem]:
        try:
            data = parsed(body)
        except (ValueError, RecursionError):
            raise HookRefused(422, "The body is not JSON.") from None
        payloads = data if isinstance(data, list) else [data]
        if not 0 < len(payloads) <= MOST_ITEMS:
            raise HookRefused(422, f"Send one object, or a list of 1 to {MOST_ITEMS} objects.")
        items = []
        for number, payload in enumerate(payloads, 1):
            try:
                items.append(self._item(payload, number, plan, name))
            except NotStorable as error:
                said = f"Item {number}: {error.field!r} {error.problem}; nothing was added."
                raise HookRefused(422, said) from None
        return items

    def _item(self, payload: Any, number: int, plan: Workflow, name: str) -> NewItem:
        if not isinstance(payload, dict):
            raise HookRefused(422, f"Item {number} is not an object.")
        item = NewItem(workflow=plan.name, reference="", payload=payload, source={"webhook": name})
        self._engine.require_storable(item)
        reference = payload.get(plan.reference)
        wrong = isinstance(reference, bool) or not isinstance(reference, str | int)
        if wrong or not str(reference).strip() or not str(reference).isprintable():
            raise HookRefused(422, f"Item {number} has no {plan.reference!r}, which names it.")
        if len(str(reference)) > LONGEST_ID:
            said = f"Item {number}: {plan.reference!r} is longer than {LONGEST_ID} characters."
            raise HookRefused(422, said)
        return replace(item, reference=str(reference))

    def _rules(self, workflow: str) -> tuple[Workflow, Webhook]:
        plan = self._workflows.get(workflow)
        rules = None if plan is None else SOURCE.keys_of(plan)
        if plan is None or rules is None:
            raise HookRefused(404, "No workflow of this name takes requests.")
        return plan, rules

    def _checked(self, plan: Workflow, rules: Webhook, request: Request) -> str:
        """Return the delivery's id after its time and signature were found right."""
        name = request.headers.get("webhook-id", "")
        stamp = request.headers.get("webhook-timestamp", "")
        signature = request.headers.get("webhook-signature", "")
        if not (0 < len(name) <= LONGEST_ID and name.isprintable() and stamp and signature):
            said = "Send the headers webhook-id, webhook-timestamp and webhook-signature."
            raise HookRefused(401, said)
        seconds = int(stamp) if stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 else 0
        if abs(self._now().timestamp() - seconds) > rules.window_s:
            said = f"The webhook-timestamp is more than {rules.window_s} s away from our time."
            raise HookRefused(401, said)
        wanted = sign(_secret(plan, rules), name, stamp, request.signed)
        if not any(hmac.compare_digest(wanted, given) for given in _given(signature)):
            raise HookRefused(401, "The webhook-signature does not fit id, timestamp and body.")
        return name


def _terms(header: str) -> Terms:
    """Return what the sender says of all items of a delivery.

    Raises:
        HookRefused: It cannot be understood.
    """
    found: dict[str, Any] = {}
    for part in header.split(",") if header.strip() else ():
        name, _, text = (piece.strip() for piece in part.partition("="))
        if name not in PARSERS or name in found:
            said = f"Write {TERMS} as {EXAMPLE}, each at most once; not {part.strip()!r}."
            raise HookRefused(400, said)
        parse, wanted = PARSERS[name]
        try:
            found[name] = parse(text)
        except ValueError:
            raise HookRefused(400, f"In {TERMS} {name} is {wanted}, not {text!r}.") from None
    return Terms(
        priority=found.get("priority"), due=found.get("due"), not_before=found.get("not-before")
    )


def _priority(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:5]) <= LAST_PRIORITY):
        raise ValueError(text)
    return int(text)


PARSERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "priority": (_priority, f"a whole number from 1 (first) to {LAST_PRIORITY}"),
    "due": (clock.parsed, "an instant"),
    "not-before": (clock.parsed, "an instant"),
}


def sign(key: bytes, name: str, stamp: str, body: bytes) -> str:
    """Return the signature of a delivery, as the header has it after ``v1,``."""
    content = f"{name}.{stamp}.".encode() + body
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def secret_key(text: str) -> bytes:
    """Return the bytes of a secret: after ``whsec_`` base64, else the text itself.

    Raises:
        ValueError: The text after ``whsec_`` is not base64.
    """
    if not text.startswith(ENCODED):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(ENCODED), validate=True)
    except binascii.Error:
        raise ValueError("the text after `whsec_` is not base64") from None


def too_large(limit: int) -> HookRefused:
    """Return the refusal of a body with more than *limit* bytes."""
    said = f"The body is larger than {limit // KB} kB; send fewer items at once."
    return HookRefused(413, said)


def _given(header: str) -> list[str]:
    """Return the signatures of a header; there are several while a secret is changed."""
    parts = [part.partition(",") for part in header.split()]
    return [value for version, _, value in parts if version == "v1" and value.isascii()]


def _secret(plan: Workflow, rules: Webhook) -> bytes:
    try:
        return secret_key(secret(rules.secret_variable, f"workflows/{plan.name}.yaml"))
    except (ConfigError, ValueError):
        said = "This workflow has no secret yet; tell its operator."
        raise HookRefused(503, said) from None
