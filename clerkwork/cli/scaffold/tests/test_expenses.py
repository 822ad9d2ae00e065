"""Runs every case of the bot through the real engine, on a store of its own."""

import json
from pathlib import Path

import pytest

from bots.expenses.bot import expenses
from clerkwork.testing.bots import run_bot

CASES = Path(__file__).parent.parent / "bots" / "expenses" / "cases"


@pytest.mark.parametrize("case", sorted(CASES.glob("*.json")), ids=lambda case: case.stem)
def test_case(case: Path) -> None:
    wanted = json.loads(case.read_text("utf-8"))
    ended = run_bot(expenses, wanted["given"], answers=wanted.get("answers"))
    assert ended.summary() == {
        "outcome": wanted.get("outcome"),
        "code": wanted.get("code"),
        "result": wanted.get("result"),
    }
