"""The scripts that run inside of pages, each a function, read once."""

from pathlib import Path

HERE = Path(__file__).parent


def script(name: str, **used: str) -> str:
    """Return a function written in JavaScript, as an expression.

    Args:
        name: The file without its ending, from this folder on: ``locate/visible``.
        used: Functions that it calls, by the names that it calls them by.
    """
    text = (HERE / f"{name}.js").read_text(encoding="utf-8").strip()
    if not used:
        return text
    known = "".join(f"const {one} = {function};\n" for one, function in used.items())
    return f"(...given) => {{\n{known}return ({text}\n)(...given);\n}}"
