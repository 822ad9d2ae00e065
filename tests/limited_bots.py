"""Bots with a time limit, for tests; their own processes import them from here."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from clerkwork import BusinessException, Receipt, Run, Screen, bot
from clerkwork.children import Channel

LIMIT_S = 1.0
NO_END = 600


class Sum(BaseModel):
    """A result."""

    number: str
    amount: int = 0


class Order(BaseModel):
    """A number, and a folder that is the target and the test's way to see what was done."""

    number: str
    folder: Path
    amount: int = 0


def sleep(order: Order) -> None:
    (order.folder / "pid").write_text(str(os.getpid()))
    time.sleep(NO_END)  # the very thing: a step that does not end


def keep_the_interpreter(order: Order) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (order.folder / "pid").write_text(str(os.getpid()))
    re.match(r"(a+)+$", "a" * 60 + "b")


HUNG = {"sleep": sleep, "C": keep_the_interpreter}


@bot(timeout_s=LIMIT_S)
def hanging(order: Order, run: Run) -> None:
    """Hang in a step, where the number says so."""
    if order.number in HUNG:
        run.step("hang", HUNG[order.number], order)


@bot(timeout_s=LIMIT_S)
def hanging_between(order: Order, run: Run) -> None:
    """Hang between two steps."""
    run.step("begin", int)
    sleep(order)


@bot(timeout_s=LIMIT_S)
def hanging_once(order: Order, run: Run) -> Sum:
    """Do one step, and hang in the second of the first attempt."""
    first = run.step("first", lambda: Sum(number=str(len(list(order.folder.iterdir())))))
    mark = order.folder / "hung"
    if not mark.exists():
        mark.touch()
        run.step("hang", time.sleep, NO_END)
    return first


def find(_screen: Screen, order: Order) -> list[Receipt]:
    records = order.folder.glob(f"{order.number}-*.record")
    return [Receipt(confirmation=record.stem, reference=order.number) for record in records]


def enter_and_hang(screen: Screen, order: Order) -> Receipt:
    screen.about_to_submit()
    (order.folder / f"{order.number}-{time.monotonic_ns()}.record").touch()
    time.sleep(NO_END)
    raise AssertionError("the time limit comes first")


@bot(target="erp", timeout_s=3)
def entering(order: Order, run: Run) -> Receipt:
    """Enter an order; the target stores it and never answers."""
    return run.effect("enter", order, key="number", find=find, do=enter_and_hang)


@bot(timeout_s=60)
def talking(order: Order, run: Run) -> Sum:
    """Use what a run offers, within a step and outside."""
    run.log("{what} is at work", what=order.number)
    order = run.check(order, order.amount < 10, "too_much", fields=["amount"])

    def add() -> Sum:
        run.log("adding within the step")
        return Sum(number=order.number, amount=order.amount + run.step("inner", lambda: 1))

    added = run.step("add", add)
    run.attach("note.txt", b"added")
    return added


@bot(timeout_s=60)
def failing(order: Order, run: Run) -> None:
    """Fail as the number says."""
    if order.number == "rule":
        run.step("rule", refuse)
    run.step("bug", lambda: {}["nothing"])


@bot(timeout_s=60)
def sending_what_cannot_be_sent(order: Order, run: Run) -> None:
    """Hand over a function that no other process can find."""
    run.effect("enter", order, key="number", find=lambda *_: [], do=enter_and_hang)


@bot()
def unlimited(order: Order, run: Run) -> Sum:
    """Say in which process it runs."""
    return Sum(number=str(run.step("pid", os.getpid)))


def refuse() -> None:
    raise BusinessException("refused", "No.")


class PageScreen:
    """The part of a screen that the ledger needs, in a child process."""

    def __init__(self, channel: Channel) -> None:
        self.about_to_submit = lambda: channel.ask("about_to_submit", None)


def visit(channel: Channel, function: Callable[..., Any], *arguments: Any) -> Any:
    return function(PageScreen(channel), *arguments)
