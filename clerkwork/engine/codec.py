"""Encodes the result of a step as JSON for its checkpoint, and decodes it."""

from typing import Any

from pydantic import BaseModel

from clerkwork.discover import dotted_name, load_model

MODEL, DATA = "$model", "$data"


def encode(value: Any) -> Any:
    """Return *value* as JSON data; a pydantic model is stored with the name of its type.

    Raises:
        TypeError: *value* contains something that is neither a model nor plain JSON data.
    """
    if isinstance(value, BaseModel):
        return {MODEL: dotted_name(type(value)), DATA: value.model_dump(mode="json")}
    if isinstance(value, list | tuple):
        return [encode(part) for part in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: encode(part) for key, part in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(
        f"a step returned {type(value).__name__}; return a pydantic model or plain JSON data"
    )


def decode(data: Any) -> Any:
    """Return the value that was given to ``encode``."""
    if isinstance(data, dict) and MODEL in data:
        return load_model(data[MODEL]).model_validate(data[DATA])
    if isinstance(data, dict):
        return {key: decode(part) for key, part in data.items()}
    if isinstance(data, list):
        return [decode(part) for part in data]
    return data
