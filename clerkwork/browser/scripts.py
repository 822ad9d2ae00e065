"""The JavaScript that runs inside pages: files of functions, put together with what they import.

The files are ES modules, so that linter, type checker and editor understand them. A page takes no
modules from outside, because its security policy may forbid them: it gets one function that holds
the module asked for and those that it imports. Their top-level names must differ for that, which a
test checks.
"""

import json
import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "(?P<file>[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(async )?(function|const|class)\b)", re.MULTILINE)
_COMMENT = re.compile(r"^ *(//[^\n]*|/\*\*(?:(?!\*/).)*\*/)\n", re.MULTILINE | re.DOTALL)


@cache
def script(name: str, function: str) -> str:
    """Return a function of a JavaScript file as an expression that a page can evaluate.

    Args:
        name: The file without its ending, below this folder: ``page/settle``.
        function: The function, which the file exports.

    Raises:
        LookupError: The file exports no such function.
    """
    file = HERE / f"{name}.js"
    if not re.search(rf"^export (async )?function {function}\(", _text(file), re.MULTILINE):
        raise LookupError(f"{name}.js exports no function {function}")
    parts = [_bare(part) for part in _modules(file)]
    return f"(...given) => {{\n{''.join(parts)}return {function}(...given);\n}}"


def call(function: str, *given: object) -> str:
    """Return a script that calls *function* at once, for pages that are yet to be opened."""
    return f"({function})({', '.join(map(json.dumps, given))});"


def _modules(file: Path, known: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """Return *file* after all files that it imports, each once."""
    if file in known:
        return known
    known = (*known, file)  # at once, because two files may import each other
    for found in _IMPORT.finditer(_text(file)):
        known = _modules((file.parent / found["file"]).resolve(), known)
    return (*(one for one in known if one != file), file)


def _bare(file: Path) -> str:
    """Return the text of *file* without imports, exports and comment lines."""
    return _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", _text(file))))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
