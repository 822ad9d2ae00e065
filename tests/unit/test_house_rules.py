"""The rules of the house that no linter knows: each test names what breaks its rule, and where."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCAFFOLD = ROOT / "clerkwork" / "cli" / "scaffold"
MIGRATIONS = ROOT / "clerkwork" / "store" / "migrations"
PRODUCT = [
    file
    for folder in ("clerkwork", "bots")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if not file.is_relative_to(SCAFFOLD)
]
CODE = [*PRODUCT, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "tools").glob("*.py"))]
LONGEST_MODULE = 400
LONGEST_BODY = 40
MOST_MODULES = 12
EXTENSIONS = {
    "clerkwork/intake/sources",
    "clerkwork/intake/readers",
    "clerkwork/documents/kinds",
    "clerkwork/cli/commands",
    "clerkwork/insight/kpis",
    "clerkwork/notify/channels",
    "clerkwork/web/pages",
    "clerkwork/store/migrations/versions",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef
CLOCK_CALLS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "monotonic_ns"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
OWN_CLOCK = {ROOT / "clerkwork" / "clock.py"}
SCRIPTS = sorted(
    file
    for folder in ("clerkwork", "tools/js")
    for file in (ROOT / folder).rglob("*.js")
    if not {"vendor", "node_modules"} & set(file.parts)
)
JAVASCRIPT = re.compile(
    r"(?<!=)=>|\bfunction\s*\w*\(|\b(document|window|element)\.[a-zA-Z_]|<script(?! src)"
)
# Files that may have JavaScript in a string, and why.
WITH_JAVASCRIPT = {
    "clerkwork/browser/scripts.py": "wraps the functions of the JavaScript files",
}
# The word is put together so that this file does not break its own rule.
UNFINISHED = re.compile(r"#.*\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore)(?P<rest>.*)$")
CODE_AND_REASON = re.compile(
    r"^(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*|\[[a-z-]+(,\s*[a-z-]+)*\])\s+(-|#)\s*\S"
)


def place(file: Path, line: int) -> str:
    return f"{file.relative_to(ROOT)}:{line}"


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for file in PRODUCT:
        yield file, ast.parse(file.read_text("utf-8"))


def functions() -> Iterator[tuple[Path, Function]]:
    for file, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield file, node


def body_lines(node: Function) -> int:
    """Return the number of lines after the docstring, the last one included."""
    body = node.body
    if ast.get_docstring(node) is not None:
        body = body[1:]
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_product_is_found():
    """The rules below look at something."""
    assert ROOT / "clerkwork" / "engine" / "workers" / "worker.py" in PRODUCT


def test_no_module_is_longer_than_400_lines():
    """A module that outgrows one sitting is two modules."""
    long = {
        str(file.relative_to(ROOT)): length
        for file in CODE
        if (length := len(file.read_text("utf-8").splitlines())) > LONGEST_MODULE
    }
    assert long == {}


def test_no_function_body_is_longer_than_40_lines():
    """A function is read in one look; a migration is a record and not read at all."""
    long = {
        f"{place(file, node.lineno)} {node.name}": body_lines(node)
        for file, node in functions()
        if body_lines(node) > LONGEST_BODY and not file.is_relative_to(MIGRATIONS)
    }
    assert long == {}


def test_every_public_thing_has_a_docstring():
    """Modules, public classes, functions and methods say what they are for."""
    silent = []
    for file, tree in trees():
        if ast.get_docstring(tree) is None:
            silent.append(place(file, 1))
        silent += [
            place(file, node.lineno) for node in _public(tree) if not ast.get_docstring(node)
        ]
    assert silent == []


def _public(node: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    for inner in node.body:
        if isinstance(inner, Function | ast.ClassDef) and not inner.name.startswith("_"):
            yield inner
            if isinstance(inner, ast.ClassDef):
                yield from _public(inner)


def test_only_the_clock_reads_the_time():
    """Tests decide what time it is, so nobody asks the system behind the clock's back."""
    readers = []
    for file, tree in trees():
        if file in OWN_CLOCK:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                if (name, node.func.attr) in CLOCK_CALLS:
                    readers.append(place(file, node.lineno))
    assert readers == []


def test_nothing_is_left_for_later():
    """What is missing is an issue, not a comment."""
    left = [
        place(file, number)
        for file in CODE
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert left == []


def test_every_silenced_warning_has_a_code_and_a_reason():
    """Each `noqa` and `type: ignore` says which warning it silences, and why."""
    bare = []
    for file in CODE:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            silenced = SILENCED.search(line)
            if silenced and not CODE_AND_REASON.match(silenced["rest"]):
                bare.append(f"{place(file, number)} {line.strip()}")
    assert bare == []


def test_no_log_sink_shows_the_values_of_variables():
    """A traceback with values would write secrets into logs."""
    open_sinks = []
    for file, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = getattr(node.func.value, "id", "")
            given = {key.arg: key.value for key in node.keywords}
            shown = given.get("diagnose")
            closed = isinstance(shown, ast.Constant) and shown.value is False
            if owner == "logger" and node.func.attr == "add" and not closed:
                open_sinks.append(place(file, node.lineno))
    assert open_sinks == []


def test_no_python_string_holds_javascript():
    """JavaScript is in files of its own, where linter and type checker see it."""
    found = {
        place(file, node.lineno)
        for file, tree in trees()
        if file.relative_to(ROOT).as_posix() not in WITH_JAVASCRIPT
        for node in _strings(tree)
        if JAVASCRIPT.search(node.value)
    }
    assert found == set()


def _strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield every string of a module that is no docstring."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | Function)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node


def test_javascript_has_short_lines():
    """Lines of JavaScript are as short as those of Python, which eslint does not check."""
    long = [
        place(file, number)
        for file in SCRIPTS
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1)
        if len(line) > 100
    ]
    assert (long, len(SCRIPTS) > 10) == ([], True)


def test_bots_import_only_the_public_names():
    """A bot works with what `from clerkwork import ...` offers, so the engine can change."""
    strangers = []
    for file, tree in trees():
        if not file.is_relative_to(ROOT / "bots"):
            continue
        for node in ast.walk(tree):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            if any(name.startswith("clerkwork.") for name in names):
                strangers.append(place(file, node.lineno))  # type: ignore[attr-defined]  # dynamic
    assert strangers == []


def test_the_layers_hold():
    """Packages import only downwards and never in a circle, as pyproject.toml says."""
    tool = Path(sys.executable).with_name("lint-imports")
    if not tool.exists():
        pytest.skip("needs import-linter: pip install -e '.[dev]'")
    done = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_migrations_are_one_chain():
    """Two of the same number leave a store that cannot be opened."""
    names = sorted(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    numbers = [name[:4] for name in names]
    assert numbers == [f"{number:04}" for number in range(1, len(names) + 1)]


def test_folders_hold_few_modules() -> None:
    """A folder holds at most 12 modules, folders of extensions excepted."""
    folders = Counter(
        file.parent.relative_to(ROOT).as_posix() for file in PRODUCT if file.name != "__init__.py"
    )
    assert [
        name for name, n in folders.items() if n > MOST_MODULES and name not in EXTENSIONS
    ] == []


def test_no_class_name_is_used_twice() -> None:
    """A class name means one thing in the whole product, extensions included."""
    homes: dict[str, list[str]] = {}
    for file, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(place(file, node.lineno))
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
