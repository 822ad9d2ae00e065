"""Names and texts that a bot gives, whichever length they have: the same on every database."""

import pytest

from clerkwork import ApplicationException, BusinessException, Receipt, Run, bot
from clerkwork.model.bots import Bot
from clerkwork.model.work.items import ItemState
from tests.fixtures_engine import Ledger, MakeBench, Number

LONG = "x" * 61
ledger = Ledger()


@bot()
def breaking_a_rule(value: Number, run: Run) -> None:
    raise BusinessException(LONG, "It breaks a rule.")


@bot()
def failing(value: Number, run: Run) -> None:
    raise ApplicationException(LONG, "A system failed.")


@bot()
def checking(value: Number, run: Run) -> Number:
    return run.check(value, False, LONG)


@bot()
def asking(value: Number, run: Run) -> Number:
    return run.ask(Number, LONG, shown={"number": "", "amount": 0})


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    return run.effect(LONG, value, key="number", find=ledger.find, do=ledger.enter)


@pytest.mark.parametrize("named", [breaking_a_rule, failing, checking, asking, entering])
def test_name_that_cannot_be_stored_is_an_error_of_the_bot(
    make_bench: MakeBench, named: Bot
) -> None:
    """It goes to a person at once, and the sentence names the limit."""
    bench = make_bench(named)
    number = bench.put("A-1")
    bench.start_worker()
    item = bench.until(number)
    assert (item.state, item.attempt, item.reason_code, item.reason) == (
        ItemState.IN_REVIEW,
        1,
        "bot_error",
        f"The bot gives the name {LONG}, which has 61 characters: at most 60 can be stored, "
        "without control characters. Correct it in the bot.",
    )


def test_names_of_steps_and_attachments_may_have_any_length(make_bench: MakeBench) -> None:
    """Two that begin alike stay two."""

    @bot()
    def naming(value: Number, run: Run) -> Number:
        long = "x" * 300
        first = run.step(f"{long} 1", lambda: 1)
        second = run.step(f"{long} 2", lambda: 2)
        run.attach(f"{long}.txt", b"text")
        return Number(number=value.number, amount=first + second)

    bench = make_bench(naming)
    number = bench.put("A-1")
    bench.start_worker()
    item = bench.until(number)
    longest = max(len(step) for step in bench.engine.core.finished_steps(item))
    assert (item.state, item.attempt, item.result, longest) == (
        ItemState.DONE,
        1,
        {"number": "A-1", "amount": 3},
        120,
    )


def test_characters_that_cannot_be_stored_are_replaced_in_a_reason(make_bench: MakeBench) -> None:
    """The sentence reaches the person at the first attempt."""

    @bot()
    def refusing(value: Number, run: Run) -> None:
        raise BusinessException("refused", "{said}", said="no\0 \ud800")

    bench = make_bench(refusing)
    number = bench.put("A-1")
    bench.start_worker()
    item = bench.until(number)
    assert (item.reason_code, item.attempt, item.reason) == ("refused", 1, "no\ufffd ?")
