"""A module in bots/ is loaded as an extension, independently of the others."""

from pathlib import Path

import pytest

from clerkwork.discover import catalog_files, dotted_name, find_bots, load_bots, load_model
from clerkwork.errors import ConfigError
from clerkwork.model.orders import PurchaseOrder

BOT = '''
from clerkwork import PurchaseOrder, bot

@bot()
def {name}(order: PurchaseOrder, run):
    """Do {name}."""
'''


@pytest.fixture
def write(tmp_path):
    def write(path: str, text: str) -> Path:
        file = tmp_path / "bots" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_modules_packages_and_bot_files_are_found(write, tmp_path):
    """No list of bots is kept anywhere."""
    write("one.py", BOT.format(name="one"))
    write("two/__init__.py", BOT.format(name="two"))
    write("three/__init__.py", "")
    write("three/bot.py", BOT.format(name="three") + "from bots.one import one\n")
    write("four/bot.py", BOT.format(name="four"))
    write("_draft.py", "1/0")
    write("notes.txt", "")
    assert {name: bot.summary for name, bot in load_bots(tmp_path).items()} == {
        name: f"Do {name}." for name in ("four", "one", "three", "two")
    }


def test_a_project_sees_its_own_bots_and_not_those_of_another(write, tmp_path):
    """Two projects in one process, as in tests, do not mix."""
    write("one.py", BOT.format(name="one"))
    other = tmp_path / "other"
    (other / "bots").mkdir(parents=True)
    (other / "bots/one.py").write_text(BOT.format(name="other_one"))
    assert [*load_bots(tmp_path), *load_bots(other), *load_bots(tmp_path)] == [
        *("one", "other_one", "one")
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import os\nimport no_such_thing\n", ":2: cannot be imported, correct it: ModuleNotFou"),
        ("def broken(:\n", ":1: cannot be imported, correct it: SyntaxError"),
        ("\n\nraise SystemExit(3)\n", ":3: cannot be imported, correct it: SystemExit: 3"),
        ("from clerkwork import bot\n@bot()\ndef f(x, run): ...\n", ":2: cannot be imported, cor"),
    ],
)
def test_a_broken_bot_is_named_with_its_line_and_hides_no_other(write, tmp_path, text, problem):
    """The check continues after any error of a bot's module."""
    write("good.py", BOT.format(name="good"))
    write("wrong.py", text)
    bots, problems = find_bots(tmp_path)
    assert list(bots) == ["good"]
    assert [str(error)[: len("bots/wrong.py" + problem)] for error in problems] == [
        "bots/wrong.py" + problem
    ]


def test_two_bots_of_one_name_are_an_error(write, tmp_path):
    """A workflow could mean either."""
    write("a.py", BOT.format(name="same"))
    write("b.py", BOT.format(name="same"))
    with pytest.raises(ConfigError) as error:
        load_bots(tmp_path)
    assert str(error.value) == (
        "bots/b.py:4: the bot `same` is already defined in bots/a.py; rename one of them"
    )


def test_a_model_is_found_again_by_its_name(write, tmp_path):
    """Reviews keep the name of the model and not the model."""
    write("own.py", "from pydantic import BaseModel\nclass Claim(BaseModel): ...\n")
    load_bots(tmp_path)
    assert load_model(dotted_name(PurchaseOrder)) is PurchaseOrder
    assert load_model("bots.own.Claim").__name__ == "Claim"


@pytest.mark.parametrize(
    ("dotted", "problem"),
    [
        ("antigravity.fly", "belongs neither to the toolkit nor to bots/"),
        ("clerkwork.model.orders.hashlib", "is not a pydantic model"),
        ("clerkwork.model.orders.Gone", "is not a pydantic model"),
        ("clerkwork.gone.Thing", "cannot be imported"),
        ("Thing", "belongs neither to the toolkit nor to bots/"),
    ],
)
def test_what_is_not_a_model_is_refused(dotted, problem):
    """The name comes from the store: it must not make us import foreign code."""
    with pytest.raises(ConfigError, match=problem):
        load_model(dotted)


def test_catalogues_are_found_in_the_toolkit_and_in_bots(write, tmp_path):
    """A bot brings its own translations along."""
    write("one/zh.po", "")
    names = [file.as_posix() for file in catalog_files(tmp_path)]
    assert names[-1].endswith("bots/one/zh.po")
    assert [name for name in names if name.endswith("clerkwork/intake/zh.po")]
