"""Takes secrets out of everything before it is written: messages, data, and file lines."""

import base64
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "•••"
SHORTEST = 4  # a shorter secret would mask ordinary words


class Redactor:
    """Replaces known secrets, and the usual encodings of them, by a mask."""

    def __init__(self, secrets: Iterable[str]) -> None:
        shapes = {
            shape for secret in secrets if len(secret) >= SHORTEST for shape in _shapes(secret)
        }
        self._shapes = sorted(shapes, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return *text* with every secret masked."""
        for shape in self._shapes:
            text = text.replace(shape, MASK)
        return text

    def data(self, data: Any) -> Any:
        """Return JSON data with every secret masked, in keys too."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {self.text(str(key)): self.data(value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.data(value) for value in data]
        return data


def _shapes(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
    }
