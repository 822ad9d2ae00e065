"""The scripts that run inside of pages, each a function, read once."""

from pathlib import Path


def script(name: str, **used: str) -> str:
    """Return the function in ``<name>.js``, as an expression.

    Args:
        name: The file beside this one, without its ending.
        used: Functions that it calls, by the names that it calls them by.
    """
    text = Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8").strip()
    if not used:
        return text
    known = "".join(f"const {one} = {function};\n" for one, function in used.items())
    return f"(...given) => {{\n{known}return ({text}\n)(...given);\n}}"
