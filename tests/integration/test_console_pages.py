"""The console's pages over a served console: answers, languages, filters, escaping."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from clerkwork import clock
from clerkwork.model.documents.extraction import FieldEvidence
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.model.work.reviews import Decision, NewReview, flatten
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.items import items
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events, planned_runs
from clerkwork.store.schema import item
from clerkwork.testing.filled_store import keep
from clerkwork.web import console, i18n, keys
from clerkwork.web.links import items_url
from clerkwork.web.page_context import Nav
from tests.fixtures_console import Served

PAGES = ("/", "/queue", "/items", "/runs", "/metrics", "/metrics?days=1", "/metrics?days=all")
FULL = ("/items/1", "/items/91", "/runs/item-1-1", "/review/1", "/items?text=PO-1&state=done")
ATTACK, TITLES = "<script>alert(1)</script>", {"en": "Clerkwork", "zh": "今日"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_page_answers_while_the_store_is_empty(served, path, language):
    """An empty project has pages that say what to do next."""
    with served.client() as client:
        answer = client.get(path, headers={"Accept-Language": language})
    assert (answer.status_code, TITLES[language] in answer.text) == (200, True)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES + FULL)
def test_page_answers_while_the_store_is_full(served_full, path, language):
    """Every page shows every kind of item."""
    with served_full.client() as client:
        answer = client.get(path, headers={"Accept-Language": language})
    assert (answer.status_code, TITLES[language] in answer.text) == (200, True)


def test_every_page_module_has_a_router_and_a_nav_entry_whose_key_is_known():
    """A page is one new file; its entry in the head gets its key from the one table."""
    entries = [module.NAV for module in console.page_modules() if module.NAV is not None]
    assert all(isinstance(entry, Nav) and keys.combo(entry.name) for entry in entries)
    assert [entry.path for entry in sorted(entries, key=lambda entry: entry.order)] == [
        "/",
        "/queue",
        "/items",
        "/runs",
        "/metrics",
    ]


def test_every_message_of_the_console_has_its_chinese():
    """Templates, pages and key table hold no message that only speaks English."""
    chinese = i18n.read_catalogue(i18n.OWN_CATALOGUE)
    missing = {text for text in i18n.messages_in(Path(i18n.__file__).parent) if not chinese[text]}
    assert missing == set()


def test_placeholders_are_the_same_in_both_languages():
    """A translation neither drops a fact nor invents one."""
    pattern = re.compile(r"%\(\w+\)s|\{\w*\}")
    wrong = {
        text
        for text, chinese in i18n.read_catalogue(i18n.OWN_CATALOGUE).items()
        if set(pattern.findall(text)) != set(pattern.findall(chinese))
        and "$'" not in text  # the one message that quotes a pattern
    }
    assert wrong == set()


def test_chosen_language_is_kept_in_a_cookie(served):
    """The choice in the address wins over the browser's wish, also later."""
    with served.client() as client:
        client.get("/?lang=zh", headers={"Accept-Language": "en"})
        later = client.get("/queue", headers={"Accept-Language": "en"})
    assert '<html lang="zh-CN">' in later.text


def test_reason_is_translated_before_its_facts_are_filled_in(served):
    """The sentence is Chinese and the figure is the item's own."""
    served.project.filler().order()
    with served.client() as client:
        text = client.get("/queue?lang=zh").text
    assert re.search(r"合计 [\d.]+ 超过限额 100000.00。", text)


@pytest.mark.parametrize("path", ["/review/999", "/items/999", "/runs/none", "/nowhere"])
def test_missing_thing_is_a_page_with_a_way_on(served, path):
    """A stale link leads to the queue, not to a trace."""
    with served.client() as client:
        answer = client.get(path)
    assert (answer.status_code, 'href="/queue"' in answer.text) == (404, True)


@pytest.mark.parametrize("path", [f"/review/{ATTACK}", "/review/alert", "/items/alert?x=alert"])
def test_unreadable_address_is_refused_without_an_echo(served, path):
    """What a stranger put into a link is not shown."""
    with served.client() as client:
        answer = client.get(path)
    assert (answer.status_code in {404, 422}, "alert" in answer.text) == (True, False)


def test_markup_in_data_is_shown_as_text(served):
    """A reference, a value, a reason and an event cannot become markup."""
    filler = served.project.filler()
    number = filler.order(ATTACK)
    with served.project.store.write() as db:
        item_id = reviews.get(db, number).item_id
        events.add(
            db,
            Event(
                at=clock.now(),
                kind=Kind.EXCEPTION,
                level=Level.ERROR,
                item_id=item_id,
                run_id="item-1-1",
                message="{name}",
                data={"name": ATTACK, "code": ATTACK},
            ),
        )
    paths = [f"/review/{number}", f"/items/{item_id}", "/queue", "/items", "/", "/runs/item-1-1"]
    with served.client() as client:
        texts = [client.get(path).text for path in paths]
    assert [ATTACK in text for text in texts] == [False] * len(paths)
    assert all("&lt;script&gt;" in text for text in texts)


def test_queue_filters_by_the_address(served):
    """A filter can be sent to a colleague as a link."""
    served.project.filler().order("PO-1")
    served.project.filler().document("scan.jpg")
    with served.client() as client:
        found = [
            len(re.findall("data-row", client.get(f"/queue?{query}").text))
            for query in ("", "workflow=purchase_orders", "code=low_confidence", "text=nothing")
        ]
    assert found == [2, 1, 1, 0]


def test_figures_of_the_metrics_page_open_lists_of_that_length(served_full):
    """Each number in a table of the page is the length of the list behind it."""
    with served_full.client() as client:
        page = client.get("/metrics?days=all").text
        told = re.findall(r'<a href="(/items\?[^"]+)">(\d+)</a>', page)
        listed = [
            re.search(r"<h1>Items <small>(\d+) item", client.get(unescape(link)).text)[1]
            for link, _ in told
        ]
    assert len(told) > 10
    assert listed == [number for _, number in told]


def test_items_are_paged_without_a_gap_or_a_repetition(served_full):
    """Walking along `Older` shows each item once."""
    seen: list[str] = []
    path = "/items"
    with served_full.client() as client:
        while path:
            text = client.get(path).text
            seen += re.findall(r'<td><a class="nowrap" href="/items/(\d+)"', text)
            older = re.search(r'href="(/items\?[^"]*before_id=\d+)" rel="next"', text)
            path = unescape(older[1]) if older else ""
    with served_full.project.store.read() as db:
        assert len(seen) == len(set(seen)) == items.count(db, Filter())


def test_filter_survives_the_way_into_an_address_and_back(served_full):
    """The filter in a link is the filter of the list it opens."""
    now = clock.now()
    wanted = Filter(touched=True, since=now - timedelta(days=5), until=now)
    with served_full.project.store.read() as db:
        expected = items.count(db, wanted)
    link = items_url(wanted)
    assert set(parse_qs(urlsplit(link).query)) == {"touched", "since", "until"}
    with served_full.client() as client:
        assert re.search(rf"<small>{expected} item", client.get(link).text)


def test_log_of_an_ended_run_streams_to_its_end(served_full):
    """A reader who follows gets each further line, then the end."""
    with served_full.client() as client:
        text = client.get("/runs/item-1-1/follow?after=0").text
    assert text.count("\ndata: ") == text.count("\nid: ") + 1
    assert text.endswith("event: end\ndata: {}\n\n")


def test_line_that_comes_while_the_log_is_followed_is_sent(served):
    """The tail reads the store, so it shows what any process wrote."""
    served.project.filler().order()
    with served.client() as client, client.stream("GET", "/runs/item-1-1/follow") as stream:
        lines = stream.iter_lines()
        next(line for line in lines if line.startswith("id: "))
        with served.project.store.write() as db:
            new = Event(at=clock.now(), kind=Kind.RUN_ENDED, run_id="item-1-1", message="LATER")
            events.add(db, new)
        assert any("LATER" in line for line in lines)


def test_first_error_is_above_the_log(served):
    """The page of a failed run shows the cause first."""
    with served.project.store.write() as db:
        for text in ("first", "second"):
            new = Event(
                at=clock.now(),
                kind=Kind.EXCEPTION,
                level=Level.ERROR,
                run_id="item-5-1",
                message=f"the {text} thing broke",
            )
            events.add(db, new)
    with served.client() as client:
        text = client.get("/runs/item-5-1").text
    banner = re.search(r'<p class="banner bad".*?</p>', text, re.DOTALL)
    assert "the first thing broke" in banner[0]


def test_answer_by_form_moves_the_item_and_opens_the_next_review(served):
    """Posting a review without script leads to the next one."""
    filler = served.project.filler()
    first, second = filler.order("PO-1"), filler.order("PO-2")
    with served.client() as client:
        answer = client.post(f"/review/{first}", data=_typed(served, first))
    with served.project.store.read() as db:
        item = items.get(db, reviews.get(db, first).item_id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/review/{second}")
    assert item.state is ItemState.POSTPONED


def test_wrong_value_is_shown_at_its_field_and_input_is_kept(served):
    """The form comes back with the text, the problem, and the changed mark."""
    number = served.project.filler().order("PO-1")
    typed = _typed(served, number) | {"leaf.total": "many", "leaf.supplier": "Somebody else"}
    with served.client() as client:
        answer = client.post(f"/review/{number}?lang=zh", data=typed)
    assert answer.status_code == 422
    assert '<p class="problem" id="p-total">请填写数字，例如 1234.50。</p>' in answer.text
    assert 'value="many"' in answer.text
    assert 'value="Somebody else"' in answer.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"decision": "reject", "note": ""}, 422),
        ({"decision": "reject", "note": "no"}, 303),
        ({"decision": "fly", "note": "no"}, 422),
    ],
)
def test_decision_without_its_reason_is_not_taken(served, fields, status):
    """Only a known decision with what it needs closes a review."""
    number = served.project.filler().order("PO-1")
    with served.client() as client:
        assert client.post(f"/review/{number}", data=fields).status_code == status


def test_review_that_somebody_else_answered_says_so(served):
    """The second person's answer is not saved, and the page says so."""
    number = served.project.filler().order("PO-1")
    served.project.engine.answer(
        number, decision=Decision.BY_HAND, data=None, note="", who="li.wei"
    )
    with served.client() as client:
        answer = client.post(f"/review/{number}", data={"decision": "reject", "note": "x"})
    assert (answer.status_code, "not saved" in answer.text) == (409, True)


def test_peeking_does_not_claim_and_claiming_does(served):
    """The preload of the next review does not take it away from others."""
    number = served.project.filler().order("PO-1")
    claims = []
    with served.client() as client:
        for method, path in (
            ("GET", f"/review/{number}?peek=1"),
            ("POST", f"/review/{number}/claim"),
        ):
            client.request(method, path)
            with served.project.store.read() as db:
                claims.append(reviews.get(db, number).claimed_by)
    assert claims == [None, "local"]


def test_review_of_a_workbook_row_shows_where_it_came_from(served):
    """Without a page picture, the source is next to the form."""
    number = served.project.filler().order("PO-1", raw=[{"Order": "PO-1", "Qty": "3 pcs"}])
    with served.client() as client:
        text = client.get(f"/review/{number}").text
    assert all(part in text for part in ("orders.xlsx", "Orders", "4, 5", "3 pcs"))


def test_review_of_a_removed_bot_can_still_be_read(served):
    """A model that is gone leaves the data as a plain form."""
    filler = served.project.filler()
    with served.project.store.write() as db:
        item_id = filler._add(db, "purchase_orders", "OLD-1", {"a": "1"})
        new = NewReview(
            step=None,
            code="bad_row",
            message="?",
            model="bots.gone.Order",
            shown={"a": "1"},
            fields=[FieldEvidence(path="a", value="1", confidence=1.0)],
        )
        number = reviews.add(db, item_id, 1, new, due=clock.now(), now=clock.now())
    with served.client() as client:
        assert client.get(f"/review/{number}").status_code == 200


def test_pages_are_bounded_with_many_open_reviews(served, monkeypatch):
    """A queue longer than a page says so and stays a page."""
    monkeypatch.setattr("clerkwork.web.pages.queue.LIMIT", 3)
    for number in range(5):
        served.project.filler().order(f"PO-{number}")
    with served.client() as client:
        text = client.get("/queue").text
    assert (text.count("data-row"), "5 reviews are open" in text) == (3, True)


def test_today_shows_blocked_schedules_and_missing_workers(served):
    """The first page lists the problems for IT, each with its reason."""
    now = clock.now()
    with served.project.store.write() as db:
        planned_runs.claim(db, "purchase_orders", now, worker="w", now=now)
        blocked = {"state": PlannedState.BLOCKED, "items": 0, "reason": "The disk is full."}
        planned_runs.finish(db, "purchase_orders", now, now=now, **blocked)
    with served.client() as client:
        text = client.get("/").text
    assert all(part in text for part in ("Blocked", "The disk is full.", "No worker is alive"))


def test_item_shows_its_relatives_its_pictures_and_what_a_person_changed(served):
    """One page shows the item's history across runs and people."""
    filler = served.project.filler()
    scan = filler.document()
    sha256 = keep(served.project.evidence, b"screen")
    with served.client() as client:
        client.post(f"/review/{scan}", data=_typed(served, scan) | {"leaf.tax": "9.99"})
        with served.project.store.write() as db:
            parent = reviews.get(db, scan).item_id
            new = NewItem(workflow="purchase_orders", reference="C-1", payload={}, parent_id=parent)
            waiting = {"queue": "portal", "digest": "x", "state": ItemState.WAITING}
            child = items.add(db, new, now=clock.now(), **waiting)
            kept = {"sha256": sha256, "name": "confirmation"}
            at = {"at": clock.now(), "item_id": parent, "run_id": f"item-{parent}-1"}
            events.add(db, Event(kind=Kind.EVIDENCE, message="kept {name}", data=kept, **at))
        text = client.get(f"/items/{parent}").text
        assert f'href="/items/{parent}"' in client.get(f"/items/{child}").text
    assert f'href="/items/{child}"' in text
    assert f'src="/evidence/{sha256}"' in text
    assert "<del>1O.40</del></td><td><ins>9.99</ins>" in text


def test_item_that_was_worked_on_a_changed_page_is_flagged_and_counted(served):
    """The item's page, the list and the metrics say it, and the figure opens that item alone."""
    filler = served.project.filler()
    filler.order()
    filler.order("PO-7002")
    with served.project.store.write() as db:
        new = Event(at=clock.now(), kind=Kind.HEALED, item_id=1, level=Level.WARNING)
        events.add(db, new)
        listed = [one.id for one in items.search(db, Filter(healed=True))]
    flag = '<a class="chip warn" href="/items?healed=yes">'
    with served.client() as client:
        pages = [client.get(f"/items/{number}").text for number in (1, 2)]
        metrics = client.get("/metrics?days=all").text
    tile = metrics.partition('"/items?healed=yes"')[2].partition('class="value">')[2][:2]
    assert (listed, [flag in page for page in pages], tile) == ([1], [True, False], "1<")


def test_order_from_a_document_is_reviewed_next_to_its_pages(served):
    """The parent's page is next to the child's form."""
    filler = served.project.filler()
    scan, number = filler.document(), filler.order("C-1")
    with served.project.store.write() as db:
        parent, child = (reviews.get(db, review).item_id for review in (scan, number))
        page = reviews.get(db, scan).pages[0]
        db.execute(item.update().where(item.c.id == child).values(parent_id=parent))
    with served.client() as client:
        assert f'src="/evidence/{page}"' in client.get(f"/review/{number}").text


def _typed(served: Served, number: int) -> dict[str, str]:
    with served.project.store.read() as db:
        shown = reviews.get(db, number).shown
    return {f"leaf.{path}": text for path, text in flatten(shown).items()} | {"decision": "correct"}
