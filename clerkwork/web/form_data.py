"""Forms that pages post."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData

from clerkwork.model.work.reviews import can_be_path

LEAF = "leaf."
MOST_FIELDS = 5000


async def _form(request: Request) -> FormData:
    """Read the posted form; an order of 500 lines has 2500 fields, more than is usual.

    Raises:
        HTTPException: 422: it names a value as no page of ours does.
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
    """Return the values of a payload that a form shows, by dotted path."""
    return {name.removeprefix(LEAF): text for name, text in texts.items() if name.startswith(LEAF)}
