"""The text that a screen reader announces for a page, from the accessibility tree."""

from clerkwork.browser.page.accessibility_tree import accessibility_text


def node(number: str, role: str, name: str = "", **more: object) -> dict[str, object]:
    return {"nodeId": number, "role": {"value": role}, "name": {"value": name}, **more}


def test_every_announced_part_has_its_line():
    """Names, values and states are said; what only groups or repeats its parent is left out."""
    ticked = [{"name": "checked", "value": {"value": "true"}}]
    nodes = [
        node("1", "RootWebArea", "Order", childIds=["2", "5"]),
        node("2", "generic", parentId="1", childIds=["3", "4", "6"]),
        node("3", "textbox", "Number", value={"value": "PO-1"}, parentId="2"),
        node("4", "checkbox", "Urgent", properties=ticked, parentId="2"),
        node("5", "button", "Save", parentId="1", childIds=["7"]),
        node("6", "StaticText", "hidden", ignored=True, parentId="2"),
        node("7", "StaticText", "Save", parentId="5"),
    ]
    assert accessibility_text(nodes) == "\n".join(
        [
            '- RootWebArea "Order"',
            '  - textbox "Number": PO-1',
            '  - checkbox "Urgent" [checked]',
            '  - button "Save"',
        ]
    )
