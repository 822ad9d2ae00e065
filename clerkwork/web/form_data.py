"""Posted forms: their texts, and the values in them by path."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData

from clerkwork.model.work.reviews import can_be_path

LEAF = "leaf."
ABSENT = "else."  # followed by the path of a value; its value where the page posts none
MOST_FIELDS = 5000


async def _form(request: Request) -> FormData:
    """Read the posted form; an order of 500 lines has 2500 fields, more than the default limit.

    Raises:
        HTTPException: 422: it has a path that no page of the console can have.
    """
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    if not all(map(can_be_path, leaves_of(texts_of(form)))):
        raise HTTPException(422)
    return form


Posted = Annotated[FormData, Depends(_form)]


def texts_of(form: FormData) -> dict[str, str]:
    """Return the texts of a form by name."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def leaves_of(texts: dict[str, str]) -> dict[str, str]:
    """Return the values of a form by dotted path, with the line breaks of the data.

    Browsers post nothing for a check box that is off; the form posts its value under ``ABSENT``.
    In a line where nothing was typed it counts as empty, because such a line is left out.
    """
    leaves = {path: text.replace("\r\n", "\n") for path, text in _under(LEAF, texts).items()}
    absent = {path: text for path, text in _under(ABSENT, texts).items() if path not in leaves}
    typed: dict[str, bool] = {}
    for path, text in leaves.items():
        typed[_line_of(path)] = typed.get(_line_of(path), False) or bool(text.strip())
    return leaves | {
        path: text if typed.get(_line_of(path), True) else "" for path, text in absent.items()
    }


def _under(prefix: str, texts: dict[str, str]) -> dict[str, str]:
    found = {name: text for name, text in texts.items() if name.startswith(prefix)}
    return {name.removeprefix(prefix): text for name, text in found.items()}


def _line_of(path: str) -> str:
    """Return the path of the line that a value is in; empty for a value outside of lists."""
    parts = path.split(".")
    while parts and not parts[-1].isdecimal():
        parts.pop()
    return ".".join(parts)
