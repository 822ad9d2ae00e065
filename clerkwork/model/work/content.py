"""Compares and hashes values by their meaning: 7.00 and 7 are equal and have the same digest.

The digest is calculated from the value that the model validated: defaults are filled in, numbers
are numbers. Trailing zeros of a decimal and the order of keys are ignored.
"""

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from clerkwork.model.work.reviews import flatten

LONGEST_SHIFT = 40


def digest_of(value: BaseModel) -> str:
    """Return the SHA-256 of the meaning of *value*."""
    return digest_of_json(_spelled(value))


def digest_of_json(data: Any) -> str:
    """Return the SHA-256 of JSON data in one canonical form."""
    return hashlib.sha256(_text(data).encode()).hexdigest()


def digest_of_payload(model: type[BaseModel], payload: dict[str, Any]) -> str:
    """Return the SHA-256 of *payload* as a *model*; of its JSON if it is not a valid one."""
    try:
        return digest_of(model.model_validate(payload))
    except ValidationError:
        return digest_of_json(payload)


def older_digest_of(value: BaseModel) -> str:
    """Return the digest of *value* that older versions stored in the effect ledger."""
    return hashlib.sha256(value.model_dump_json().encode()).hexdigest()


def differences(before: Mapping[str, Any], value: BaseModel) -> dict[str, tuple[str, str]]:
    """Return the paths where *value* differs from the earlier data, with the old and new text."""
    try:
        known: BaseModel | None = type(value).model_validate(before)
    except ValidationError:  # of another model, or of an older version of this one
        known = None
    was = flatten(before if known is None else _spelled(known))
    now = flatten(_spelled(value))
    return {
        path: (was.get(path, ""), now.get(path, ""))
        for path in dict.fromkeys([*was, *now])
        if was.get(path, "") != now.get(path, "")
    }


def _spelled(value: BaseModel) -> Any:
    return to_jsonable_python(_plain(value.model_dump()))


def _plain(value: Any) -> Any:
    """Return *value* with equal decimals and equal sets in one form."""
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((to_jsonable_python(_plain(part)) for part in value), key=_text)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _decimal(value: Decimal) -> str:
    """Return the exact number without trailing zeros; ``normalize`` would round it."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return str(value)
    text = "".join(map(str, digits)).lstrip("0")
    kept = text.rstrip("0")
    shift = exponent + len(text) - len(kept)
    if not kept or abs(shift) > LONGEST_SHIFT:  # as plain digits, 1e999999 fills the memory
        return f"{'-' * sign}{kept}E{shift}" if kept else "0"
    return format(Decimal(f"{'-' * sign}{kept}E{shift}"), "f")


def _text(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
