"""What a screen reader is told of a page, read from the browser's own tree of it.

Playwright's snapshot says the same and takes longer: a script that each page gets anew builds it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SKIPPED_ROLES = frozenset({"InlineTextBox", "LineBreak", "none"})
NAMED_ONLY_ROLES = frozenset(
    {"generic", "LabelText", "paragraph"}
)  # told of only where they have a name
STATES = ("checked", "selected", "disabled", "readonly", "invalid", "expanded")
FALSE_VALUES = frozenset({"", "false", "False"})
DEEPEST = 60


def accessibility_text(nodes: Sequence[Mapping[str, Any]]) -> str:
    """Return a line for each of *nodes* that is told of, as deep as it stands in the page.

    Args:
        nodes: The answer of the browser to ``Accessibility.getFullAXTree``.
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
    if shown and not (role == "StaticText" and name in parent_name):  # which the parent's name says
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
