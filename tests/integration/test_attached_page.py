"""The files of bots, as the console hands them out."""

import hashlib

from clerkwork import clock
from clerkwork.engine.attaching import keep as keep_file
from clerkwork.model.attachments import Attachment
from clerkwork.model.events import Event, Kind
from clerkwork.model.items import ItemState, NewItem
from clerkwork.store import events, items


def test_a_file_of_an_item_is_saved_under_its_name_and_never_shown(served):
    """The item's page links it, and no page of the console's own place can be made of it."""
    text = b"<script>alert(1)</script>"
    made = Attachment(name="清单.html", sha256=hashlib.sha256(text).hexdigest(), size=len(text))
    keep_file(text, made.below(served.project.evidence))
    new = NewItem(workflow="purchase_orders", reference="F-1", payload={"number": "F-1"})
    with served.project.store.write() as db:
        number = items.add(db, new, queue="q", digest="d", state=ItemState.DONE, now=clock.now())
        said = Event(at=clock.now(), kind=Kind.ATTACHED, item_id=number, data=made.model_dump())
        events.add(db, said)
    address = f"/items/{number}/files/{made.sha256}"
    with served.client() as client:
        page = client.get(f"/items/{number}").text
        file = client.get(address)
        elsewhere = client.get(f"/items/{number + 1}/files/{made.sha256}").status_code
    assert (f'href="{address}"' in page, file.content, file.headers["content-type"]) == (
        True,
        text,
        "application/octet-stream",
    )
    assert file.headers["content-disposition"].startswith("attachment")
    assert elsewhere == 404
