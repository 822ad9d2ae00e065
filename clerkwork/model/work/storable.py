"""Checks that JSON data can be stored in every supported database.

Without this check SQLite would store infinite numbers, which JSON does not have, and PostgreSQL
would refuse them in the middle of a delivery, at every retry of its sender.
"""

import json
import math
from typing import Any

LONGEST_REFERENCE = 200
LONGEST_GROUP = 200
LONGEST_BATCH = 120
DEEPEST = 50
REPLACEMENT = "\ufffd"
REPEATED = object()  # the value of a key that occurs twice, because either could be meant


def parsed(text: str | bytes) -> Any:
    """Parse JSON so that ``problem_of`` detects repeated keys, ``NaN`` and ``1e999``.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: The text is nested too deeply to be parsed.
    """
    return json.loads(text, object_pairs_hook=_object)


def problem_of(data: Any, path: str = "", depth: int = 1) -> tuple[str, str] | None:
    """Return path and problem of the first value in *data* that cannot be stored, or None."""
    if isinstance(data, str):
        problem = _text_problem(data)
    elif isinstance(data, float):
        problem = "" if math.isfinite(data) else "is not a finite number"
    elif isinstance(data, dict | list):
        if depth <= DEEPEST:
            return _problem_within(data, path, depth)
        problem = f"is nested more than {DEEPEST} levels deep"
    else:
        problem = "occurs twice in its object" if data is REPEATED else ""
    return (path, problem) if problem else None


def problem_of_key(text: str, field: str, most: int) -> tuple[str, str] | None:
    """Return *field* and the problem if *text* is longer than *most* or not storable, or None."""
    if len(text) > most:
        return field, f"has {len(text)} characters, at most {most} can be stored"
    return problem_of(text, field)


def storable(data: Any) -> Any:
    """Return JSON *data* with each part that cannot be stored replaced by U+FFFD."""
    if isinstance(data, dict):
        return {storable(key): storable(part) for key, part in data.items()}
    if isinstance(data, list):
        return [storable(part) for part in data]
    if isinstance(data, str):
        return data if not _text_problem(data) else "".join(map(_replaced, data))
    return data if problem_of(data) is None else REPLACEMENT


def _problem_within(
    data: dict[str, Any] | list[Any], path: str, depth: int
) -> tuple[str, str] | None:
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, part in pairs:
        inner = f"{path}.{storable(key)}" if path else f"{storable(key)}"
        problem = _text_problem(key) if isinstance(key, str) else ""
        found = (inner, problem) if problem else problem_of(part, inner, depth + 1)
        if found is not None:
            return found
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = REPEATED if key in found else value
    return found


def _replaced(char: str) -> str:
    return REPLACEMENT if _is_refused(char) else char


def _is_refused(char: str) -> bool:
    return char == "\0" or "\ud800" <= char <= "\udfff"


def _text_problem(text: str) -> str:
    if "\0" in text:
        return "contains the character NUL (U+0000)"
    return "" if text.isascii() or _is_unicode(text) else "contains half a character (a surrogate)"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
