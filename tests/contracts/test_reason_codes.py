"""Every reason code that the code base can give has a meaning and a way out, in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkwork.web import labels
from clerkwork.web.runbook import UNKNOWN, entries

HOME = Path(__file__).resolve().parent.parent.parent
FILES = [
    file
    for folder in ("clerkwork", "bots")
    for file in sorted((HOME / folder).rglob("*.py"))
    if not {"scaffold", "migrations", "testing", "cli", "web"} & set(file.parts)
]
EXCEPTIONS = {"BusinessException", "ApplicationException"}
CODE = re.compile(r"[a-z]+(_[a-z]+)*$")
NO_REASONS = {"cancelled", "code"}  # a state, and a field of an order's line


def constants(tree: ast.Module) -> dict[str, str]:
    """Return the text constants of a module by name."""
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            names = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else []
            pairs += zip(names, node.value.elts, strict=False)
        elif isinstance(node, ast.Assign):
            pairs.append((node.targets[0], node.value))
    return {
        name.id: value.value
        for name, value in pairs
        if isinstance(name, ast.Name)
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str)
    }


def given(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the expressions that a call gives as a reason code."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name in EXCEPTIONS:
        yield from call.args[:1]
    if name == "check" and isinstance(call.func, ast.Attribute):
        yield from call.args[2:3]
    for keyword in call.keywords:
        if keyword.arg in {"code", "reason_code"}:
            yield keyword.value


def codes_in(file: Path) -> set[str]:
    """Return the constant reason codes that *file* gives."""
    tree = ast.parse(file.read_text("utf-8"))
    known = constants(tree)
    found: set[str] = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for value in given(call):
            for part in ast.walk(value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.add(part.value)
                elif isinstance(part, ast.Name) and part.id in known:
                    found.add(known[part.id])
    return {code for code in found if CODE.match(code)} - NO_REASONS


def test_every_code_that_can_be_given_is_in_the_table():
    """Each reason code has a documented meaning and remedy."""
    raised = set().union(*map(codes_in, FILES))
    missing = {code for code in raised if not code.startswith(UNKNOWN)} - set(entries("en"))
    assert missing == set()


def test_every_code_with_a_title_is_in_the_table():
    """What the console has a name for, it can explain."""
    named = {code for code in labels.CODES if not code.startswith(UNKNOWN)} | {"unknown_FIELD"}
    assert named == set(entries("en"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_entry_says_what_it_means_and_what_to_do(language):
    """Two sentences that end as sentences do."""
    ends = {"en": ".", "zh": "。"}[language]
    wrong = [
        entry.code
        for entry in entries(language).values()
        if not (entry.meaning.endswith(ends) and entry.action.endswith((ends, "）。")))
    ]
    assert wrong == []


@pytest.mark.parametrize(("language", "said"), [("en", "No value is doubtful"), ("zh", "没有疑点")])
def test_review_page_says_what_its_code_means(served, language, said):
    """With what to do, and a link to the table of all codes."""
    number = served.project.filler().order("PO-1")
    with served.project.store.write() as db:
        db.exec_driver_sql("UPDATE review SET code = 'sample'")
    with served.client() as client:
        page = client.get(f"/review/{number}?lang={language}").text
        table = client.get(f"/runbook?lang={language}").text
    assert (said in page, 'href="/runbook#sample"' in page, 'id="sample"' in table) == (
        True,
        True,
        True,
    )
