"""The files of bots, as the console hands them out."""

import hashlib
import re

from clerkwork import clock
from clerkwork.engine.runs.attachments import keep as keep_file
from clerkwork.model.work.attachments import Attachment
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.store.items import items
from clerkwork.store.runs import events
from clerkwork.store.schema import item as item_table
from tests.fixtures_console import Served


def attach(served: Served, number: int, name: str, text: bytes, run_no: int = 1) -> str:
    """Attach a file in a run of the item; return its address."""
    made = Attachment(name=name, sha256=hashlib.sha256(text).hexdigest(), size=len(text))
    keep_file(text, made.below(served.project.evidence))
    said = Event(
        at=clock.now(),
        kind=Kind.ATTACHED,
        item_id=number,
        run_id=f"item-{number}-{run_no}",
        step=f"attach {name}",
        data=made.model_dump(),
    )
    with served.project.store.write() as db:
        events.add(db, said)
    return f"/items/{number}/files/{made.sha256}"


def put(served: Served) -> int:
    new = NewItem(workflow="purchase_orders", reference="F-1", payload={"number": "F-1"})
    with served.project.store.write() as db:
        number = items.add(db, new, queue="q", digest="d", state=ItemState.DONE, now=clock.now())
    assert number is not None
    return number


def test_a_file_of_an_item_is_saved_under_its_name_and_never_shown(served: Served) -> None:
    """The item's page links it, and no page of the console's own place can be made of it."""
    text = b"<script>alert(1)</script>"
    number = put(served)
    address = attach(served, number, "清单.html", text)
    with served.client() as client:
        page = client.get(f"/items/{number}").text
        file = client.get(address)
        elsewhere = client.get(address.replace(f"/{number}/", f"/{number + 1}/")).status_code
    assert (f'href="{address}"' in page, file.content, file.headers["content-type"]) == (
        True,
        text,
        "application/octet-stream",
    )
    assert file.headers["content-disposition"].startswith("attachment")
    assert elsewhere == 404


def test_the_page_lists_the_files_of_the_present_run(served: Served) -> None:
    """Those of a superseded run are linked in that run's log, and are saved from there."""
    number = put(served)
    old, new = (
        attach(served, number, "a.csv", text, no) for no, text in enumerate((b"1", b"2"), 1)
    )
    with served.project.store.write() as db:
        db.execute(item_table.update().values(run_no=2))
    with served.client() as client:
        page = client.get(f"/items/{number}").text
        listed = re.findall(r'href="([^"]*/files/[^"]*)"', page.partition('class="files"')[2])
        logs = [client.get(f"/runs/item-{number}-{run_no}").text for run_no in (1, 2)]
        linked = [re.findall(r'href="([^"]*/files/[^"]*)"', log) for log in logs]
        saved = client.get(old).content
    assert (listed, linked, saved) == ([new], [[old], [new]], b"1")
