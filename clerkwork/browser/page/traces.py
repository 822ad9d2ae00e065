"""Removes passwords, cookies and the content of requests and responses from a Playwright trace.

A raw trace contains a password in a dozen places. A cleaned trace still shows every page with its
styles and pictures, but no data that was sent to the target or received from it.
"""

import io
import json
import zipfile
from collections.abc import Collection, Iterable
from typing import Any

from clerkwork.model.secrets import MASK, shapes

DRAWN = (".css", ".png", ".jpeg", ".jpg", ".gif", ".svg", ".webp", ".woff", ".woff2", ".ttf")
VALUE = "__playwright_value_"
OPEN = frozenset(
    {"accept", "content-length", "content-type", "date", "location", "referer", "user-agent"}
)


def scrubbed(trace: bytes, secrets: Iterable[str]) -> bytes:
    """Return the zip file *trace* without *secrets*, cookies and message bodies."""
    secrets_in_all_shapes = sorted(
        {shape for secret in secrets for shape in shapes(secret)}, key=len, reverse=True
    )
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(trace)) as old, zipfile.ZipFile(kept, "w") as new:
        for entry in old.infolist():
            if entry.filename.endswith((".trace", ".network")):
                lines = [
                    _line(line, secrets_in_all_shapes) for line in old.read(entry).splitlines()
                ]
                new.writestr(entry.filename, b"\n".join(lines) + b"\n", zipfile.ZIP_DEFLATED)
            elif entry.filename.endswith(DRAWN):
                data = old.read(entry)
                if not any(shape.encode() in data for shape in secrets_in_all_shapes):
                    new.writestr(entry.filename, data, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


def _line(line: bytes, secrets_in_all_shapes: Collection[str]) -> bytes:
    event = json.loads(line)
    if event.get("type") == "resource-snapshot":
        _strip(event["snapshot"])
    if event.get("type") == "context-options":
        event["options"] = {"viewport": event.get("options", {}).get("viewport")}
    return json.dumps(_masked(event, secrets_in_all_shapes), ensure_ascii=False).encode()


def _strip(exchange: dict[str, Any]) -> None:
    """Remove cookies, bodies and all but harmless headers from one request and its response."""
    for side in (exchange["request"], exchange["response"]):
        side["cookies"] = []
        side["headers"] = [one for one in side["headers"] if one["name"].lower() in OPEN]
        side.pop("postData", None)
    content = exchange["response"]["content"]
    content.pop("text", None)
    if not str(content.get("_file", content.get("_sha1", ""))).endswith(DRAWN):
        content.pop("_file", None)
        content.pop("_sha1", None)


def _masked(data: Any, secrets_in_all_shapes: Collection[str]) -> Any:
    if isinstance(data, str):
        for shape in secrets_in_all_shapes:
            data = data.replace(shape, MASK)
        return data
    if isinstance(data, dict):
        if VALUE in data and str(data.get("type", "")).lower() == "password":
            data = {**data, VALUE: MASK}
        return {
            _masked(name, secrets_in_all_shapes): _masked(value, secrets_in_all_shapes)
            for name, value in data.items()
        }
    return [_masked(one, secrets_in_all_shapes) for one in data] if isinstance(data, list) else data
