"""Effects: entered exactly once, whatever is lost between the click and the answer."""

from clerkwork import Receipt, Run, bot
from clerkwork.model.events import Kind
from clerkwork.model.items import ItemState, Outcome
from clerkwork.store import effects, events
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import Bench, MakeBench, Number

bench_in_use: list[Bench] = []


def find(screen: object, value: Number) -> list[Receipt]:
    return bench_in_use[-1].ledger.find(screen, value)


def enter(screen: object, value: Number) -> Receipt:
    return bench_in_use[-1].ledger.enter(screen, value)


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    """Enter a number in the target."""
    return run.effect("enter", value, key="number", find=find, do=enter)


def start(make_bench: MakeBench) -> Bench:
    bench = make_bench(entering)
    bench_in_use.append(bench)
    return bench


def test_an_effect_is_done_once_and_verified(make_bench: MakeBench) -> None:
    """The ledger goes from intent over sent to confirmed, and the receipt is the result."""
    bench = start(make_bench)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    with bench.store.read() as db:
        kinds = [e.kind for e in events.after(db, 0, item_id=item_id) if "effect" in e.kind]
    assert (bench.ledger.entered, item.outcome, kinds) == (
        [Number(number="A-1", amount=3)],
        Outcome.BY_BOT,
        [Kind.EFFECT_INTENT, Kind.EFFECT_SENT, Kind.EFFECT_CONFIRMED],
    )


def test_what_stands_in_the_target_already_is_not_entered_again(make_bench: MakeBench) -> None:
    """A record somebody else entered with equal data is found and confirmed."""
    bench = start(make_bench)
    bench.ledger.entered.append(Number(number="A-1", amount=3))
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (len(bench.ledger.entered), item.state, item.outcome) == (
        1,
        ItemState.DONE,
        Outcome.BY_BOT,
    )


def test_a_lost_answer_does_not_enter_it_twice(make_bench: MakeBench) -> None:
    """After a submit without an answer the record is looked up when the target has settled."""
    bench = start(make_bench)
    bench.ledger.lose_answers = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    with bench.store.read() as db:
        row = effects.get(db, "erp", "A-1")
    assert row is not None
    assert row.confirmed is not None
    assert row.sent is not None
    waited_s = (row.confirmed - row.sent).total_seconds()
    assert (len(bench.ledger.entered), item.attempt, waited_s >= 0.3) == (1, 2, True)


def test_another_record_under_the_same_key_goes_to_a_person(make_bench: MakeBench) -> None:
    """A record with other data is never overwritten nor doubled."""
    bench = start(make_bench)
    bench.ledger.entered.append(Number(number="A-1", amount=4))
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (len(bench.ledger.entered), item.state, item.reason_code) == (
        1,
        ItemState.IN_REVIEW,
        "entered_differently",
    )


def test_a_key_that_stands_there_twice_goes_to_a_person(make_bench: MakeBench) -> None:
    """Two records under one key are a question for a person, not for a bot."""
    bench = start(make_bench)
    bench.ledger.entered += [Number(number="A-1", amount=3)] * 2
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    assert bench.until(item_id).reason_code == "found_twice"


def test_a_worker_whose_item_was_taken_over_does_not_submit(make_bench: MakeBench) -> None:
    """The fence is looked at in the transaction that marks the submit."""
    bench = start(make_bench)

    def take_over() -> None:
        bench.ledger.before_submit = None
        with bench.store.write() as db:
            db.execute(item_table.update().values(attempt=item_table.c.attempt + 1))

    bench.ledger.before_submit = take_over
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.RUNNING)
    bench.stop_worker()
    with bench.store.read() as db:
        row = effects.get(db, "erp", "A-1")
    assert row is not None
    assert (bench.ledger.entered, row.sent) == ([], None)


def test_a_person_corrects_what_the_target_refused_and_the_effect_goes_on(
    make_bench: MakeBench,
) -> None:
    """The answer takes the place of the refused value in the same run."""
    bench = start(make_bench)
    bench.ledger.entered.append(Number(number="A-1", amount=4))
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(amount=4)
    item = bench.until(item_id, ItemState.DONE)
    assert (item.run_no, item.outcome, len(bench.ledger.entered)) == (1, Outcome.ASSISTED, 1)
