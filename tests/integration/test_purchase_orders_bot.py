"""Every case of the bot, through the real engine, against the real portal in a real browser."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bots.purchase_orders import bot
from clerkwork import PurchaseOrder
from clerkwork.testing.bots import run_bot

ROOT = Path(__file__).parents[2]
HOME = ROOT / "bots" / "purchase_orders"
SPEAKING = {"ApplicationException": 1, "BusinessException": 1, "log": 0, "check": 3}


@pytest.mark.parametrize(
    "file", sorted((HOME / "cases").glob("*.json")), ids=lambda file: file.stem
)
def test_case_ends_as_expected(portal, visitor, file):
    """Outcome and reason are as written, and the portal holds what was ordered, once or not."""
    case = json.loads(file.read_text("utf-8"))
    answers = case.get("answers", {})
    ended = run_bot(
        bot.purchase_orders, case["given"], answers=answers, targets={"portal": visitor.target}
    )
    wanted = case["given"]
    for answer in answers.values():
        wanted |= answer
    assert (ended.outcome, ended.code) == (case.get("outcome"), case.get("code"))
    assert [entered.order for entered in portal.orders()] == [
        PurchaseOrder.model_validate(wanted)
    ] * case["entered"]


def test_receipt_is_the_result(portal, visitor):
    """The confirmation number that the portal gave is kept with the item."""
    case = json.loads((HOME / "cases" / "english.json").read_text("utf-8"))
    ended = run_bot(bot.purchase_orders, case["given"], targets={"portal": visitor.target})
    (entered,) = portal.orders()
    assert ended.result == {
        "confirmation": entered.confirmation,
        "reference": entered.order.number,
        "differences": [],
    }


def test_order_that_exists_already_is_not_entered_again(portal, visitor):
    """An order entered by a person or a bot is kept once by the portal."""
    case = json.loads((HOME / "cases" / "chinese.json").read_text("utf-8"))
    for _ in range(2):
        run_bot(bot.purchase_orders, case["given"], targets={"portal": visitor.target})
    assert len(portal.orders()) == 1


@pytest.mark.parametrize(
    "folder", [HOME, ROOT / "clerkwork" / "browser"], ids=lambda path: path.name
)
def test_every_sentence_has_its_chinese(folder):
    """Every message for people is in the catalogue, with the same placeholders."""
    with (folder / "zh.po").open("rb") as stream:
        chinese = {entry.id: entry.string for entry in read_po(stream) if entry.id}
    said = {
        text for file in folder.rglob("*.py") for text in sentences(ast.parse(file.read_text()))
    }
    assert len(said) > 2
    assert said - {text for text, words in chinese.items() if facts(words) == facts(text)} == set()


def facts(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def sentences(tree: ast.Module) -> Iterator[str]:
    """Yield each literal message in a call that addresses people."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            arguments = node.args[SPEAKING.get(name, 99) :][:1]
            if arguments and isinstance(arguments[0], ast.Constant):
                yield arguments[0].value
