"""Parses the Python script of Playwright's recorder; the script is never run.

Noise is removed: clicks that only move the focus, keys other than Enter, and all but the last value
of a field. When a person chooses from a list by typing, the recorder writes a choice for each
letter, and only the last one is the final choice.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clerkwork.errors import UsageError

Kind = Literal["goto", "click", "dblclick", "fill", "choose", "tick", "press"]
LOCATORS = frozenset(
    {"get_by_role", "get_by_label", "get_by_text", "get_by_placeholder", "get_by_title"}
    | {"get_by_alt_text", "get_by_test_id", "locator", "frame_locator", "content_frame"}
    | {"filter", "nth", "first", "last"}
)
ACTIONS: dict[str, Kind] = {
    "goto": "goto",
    "click": "click",
    "dblclick": "dblclick",
    "fill": "fill",
    "select_option": "choose",
    "check": "tick",
    "uncheck": "tick",
    "press": "press",
}
SETTING_VALUES = frozenset({"fill", "choose", "tick"})
IGNORED = re.compile(
    r"browser = |context = |page\d* = context\.new_page|context\.|browser\.|expect\("
    r"|page\d*\.close\(|page\d*\.goto\(.about:blank|page\d*\.set_default"
)


@dataclass(frozen=True, slots=True)
class Link:
    """One part of a locator, such as ``get_by_label("Tax")`` or ``first``.

    Attributes:
        name: Name of the method or property.
        arguments: Positional arguments of the method; None for a property.
        keywords: Keyword arguments of the method.
    """

    name: str
    arguments: tuple[Any, ...] | None = None
    keywords: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One recorded action.

    Attributes:
        kind: The kind of action.
        way: The parts of the element's locator; empty for ``goto``.
        text: The address, text, choice or key; ``yes`` or ``no`` for a tick.
        line: Its line in the script, from 1.
    """

    kind: Kind
    way: tuple[Link, ...] = ()
    text: str = ""
    line: int = 0


def read_script(text: str, name: str) -> list[Act]:
    """Return the actions of a recorded script, in order and without noise.

    Args:
        text: The script, as written by ``playwright codegen --target python``.
        name: Name of the script for error messages.

    Raises:
        UsageError: The text is not such a script, or contains an unsupported action.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        problem = f"{name}:{error.lineno}: this is not a script of Playwright's recorder"
        raise UsageError(problem) from None
    body = next((one.body for one in tree.body if isinstance(one, ast.FunctionDef)), tree.body)
    acts = []
    for statement in body:
        act = _act(statement)
        if act is not None:
            acts.append(act)
        elif not IGNORED.match(shown := ast.unparse(statement).splitlines()[0]):
            raise UsageError(
                f"{name}:{statement.lineno}: `{shown}` is not supported in a target; record the"
                " entry again without it"
            )
    if not acts:
        raise UsageError(f"{name}: the script contains no recorded action")
    return without_noise(acts)


def without_noise(acts: Sequence[Act]) -> list[Act]:
    """Return *acts* without those that only prepare the next one."""
    kept = [act for act in acts if act.kind != "press" or act.text == "Enter"]
    following = [*kept[1:], Act(kind="goto")]
    return [act for act, after in zip(kept, following, strict=True) if not _leads_to(act, after)]


def _leads_to(act: Act, after: Act) -> bool:
    same = act.way == after.way and after.kind in SETTING_VALUES
    return same and act.kind in {"click", "fill", "choose"}


def _act(statement: ast.stmt) -> Act | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return None
    kind, way = ACTIONS.get(call.func.attr), _way(call.func.value)
    if kind is None or way is None or IGNORED.match(ast.unparse(call)):
        return None
    try:
        given = [ast.literal_eval(argument) for argument in call.args]
    except ValueError:
        return None
    text = {"check": "yes", "uncheck": "no"}.get(call.func.attr, str(given[0]) if given else "")
    return Act(kind=kind, way=way, text=text, line=statement.lineno)


def _way(node: ast.expr) -> tuple[Link, ...] | None:
    """Return the parts of the locator *node*, or None if one of them is not supported."""
    links: list[Link] = []
    while not isinstance(node, ast.Name):
        link = _link(node)
        if link is None:
            return None
        links.insert(0, link)
        node = node.func if isinstance(node, ast.Call) else node
        node = node.value if isinstance(node, ast.Attribute) else node
    return tuple(links) if re.fullmatch(r"page\d*", node.id) else None


def _link(node: ast.expr) -> Link | None:
    name_of = node if isinstance(node, ast.Call) else None
    attribute = name_of.func if name_of else node
    if not isinstance(attribute, ast.Attribute) or attribute.attr not in LOCATORS:
        return None
    if name_of is None:
        return Link(attribute.attr)
    try:
        keywords = tuple((str(one.arg), _literal(one.value)) for one in name_of.keywords)
        return Link(attribute.attr, tuple(map(_literal, name_of.args)), keywords)
    except ValueError:
        return None


def _literal(node: ast.expr) -> Any:
    """Return the value of a literal, or the compiled pattern of ``re.compile("...")``."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
        return re.compile(ast.literal_eval(node.args[0]))
    return ast.literal_eval(node)
