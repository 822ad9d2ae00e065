"""What is kept of a page, as the console shows it at an item."""

import hashlib

from clerkwork import clock
from clerkwork.model.work.events import Event, Kind
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events


def test_text_kept_of_a_page_is_linked_and_shown_as_text(served):
    """What is no picture is not drawn as one, and cannot run anything."""
    kept = b'{"path": "number"}\n'
    sha256 = hashlib.sha256(kept).hexdigest()
    file = served.project.evidence / sha256[:2] / f"{sha256}.jsonl"
    file.parent.mkdir(parents=True)
    file.write_bytes(kept)
    scan = served.project.filler().document()
    with served.project.store.write() as db:
        item = reviews.get(db, scan).item_id
        data = {"sha256": sha256, "name": "fields", "media_type": "application/jsonl"}
        at = {"at": clock.now(), "item_id": item, "run_id": f"item-{item}-1"}
        events.add(db, Event(kind=Kind.EVIDENCE, message="kept {name}", data=data, **at))
    with served.client() as client:
        text = client.get(f"/items/{item}").text
        answer = client.get(f"/evidence/{sha256}")
    linked = f'<a href="/evidence/{sha256}">File</a>' in text
    shown = answer.headers["content-type"].partition(";")[0], answer.content
    assert (linked, f'src="/evidence/{sha256}"' in text, shown) == (
        True,
        False,
        ("text/plain", kept),
    )
