"""Labels: what only some hosts have, and which items wait for such a host."""

from datetime import timedelta

from clerkwork import Run, bot, clock
from clerkwork.model.work.items import ItemState
from clerkwork.model.work.queues import fitting, queue_name
from clerkwork.store.runs import workers
from tests.fixtures_engine import MakeBench, Number


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return value


def test_a_worker_may_work_on_queues_whose_labels_it_has_all() -> None:
    """Labels are a set; a queue without labels is for everybody."""
    queues = [queue_name("erp", []), queue_name("erp", ["b", "a"]), queue_name("ocr", ["a"])]
    found = {labels: fitting(queues, labels) for labels in ((), ("a",), ("a", "b", "c"))}
    assert found == {
        (): ["erp"],
        ("a",): ["erp", "ocr@a"],
        ("a", "b", "c"): ["erp", "erp@a+b", "ocr@a"],
    }


def test_an_item_that_needs_a_label_waits_for_a_worker_that_has_it(make_bench: MakeBench) -> None:
    """A worker without it works on the others, and never sees that one."""
    bench = make_bench(plain)
    known = bench.engine.core.workflows["work"]
    bench.engine.core.workflows["work"] = known.model_copy(update={"labels": ["windows"]})
    special, other = bench.put("A-1"), bench.put("A-2", workflow="next")
    bench.start_worker()
    bench.until(other, ItemState.DONE)
    before = bench.item(special)
    bench.stop_worker()
    bench.start_worker(labels=["windows"])
    bench.until(special, ItemState.DONE)
    with bench.store.read() as db:
        alive = workers.alive(db, since=clock.now() - timedelta(minutes=1))
    assert (before.queue, before.state, before.attempt) == ("default@windows", ItemState.WAITING, 0)
    assert [(worker.labels, worker.queues) for worker in alive] == [
        (("windows",), ("default", "default@windows"))
    ]
