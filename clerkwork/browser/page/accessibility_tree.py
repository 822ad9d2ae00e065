"""The page's accessibility tree as text (what a screen reader announces).

It is read from the browser. Playwright's own snapshot has the same content but is slower, because
it injects a script into every page.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SKIPPED_ROLES = frozenset({"InlineTextBox", "LineBreak", "none"})
NAMED_ONLY_ROLES = frozenset(
    {"generic", "LabelText", "paragraph"}
)  # shown only if they have a name
STATES = ("checked", "selected", "disabled", "readonly", "invalid", "expanded")
FALSE_VALUES = frozenset({"", "false", "False"})
DEEPEST = 60


def accessibility_text(nodes: Sequence[Mapping[str, Any]]) -> str:
    """Return one line for each announced node, indented by its depth.

    Args:
        nodes: The browser's answer to ``Accessibility.getFullAXTree``.
    """
    known = {node["nodeId"]: node for node in nodes}
    roots = [node for node in nodes if "parentId" not in node]
    return "\n".join(line for root in roots for line in _lines(root, known, 0, ""))


def _lines(
    node: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], depth: int, parent_name: str
) -> Iterator[str]:
    role, name = _text(node.get("role")), _text(node.get("name"))
    shown = (
        not node.get("ignored")
        and role not in SKIPPED_ROLES
        and (name or role not in NAMED_ONLY_ROLES)
    )
    if shown and not (
        role == "StaticText" and name in parent_name
    ):  # the parent's name contains it
        yield "  " * depth + _line(role, name, node)
    if depth >= DEEPEST:
        return
    for child in node.get("childIds", ()):
        if child in known:
            yield from _lines(
                known[child], known, depth + bool(shown), name if shown else parent_name
            )


def _line(role: str, name: str, node: Mapping[str, Any]) -> str:
    value = _text(node.get("value"))
    facts = {one["name"]: _text(one.get("value")) for one in node.get("properties", ())}
    states = "".join(f" [{state}]" for state in STATES if facts.get(state, "") not in FALSE_VALUES)
    words = f' "{name}"' if name else ""
    return f"- {role}{words}{states}" + (f": {value}" if value and value != name else "")


def _text(value: Mapping[str, Any] | None) -> str:
    return "" if value is None else " ".join(str(value.get("value", "")).split())
