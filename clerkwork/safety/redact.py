"""Masks secrets in everything that is written: messages, data, and lines of files."""

from collections.abc import Iterable
from typing import Any

from clerkwork.model.secrets import MASK, shapes


class Redactor:
    """Replaces known secrets, and their usual encodings, by a mask."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {shape for secret in secrets for shape in shapes(secret)}
        self._shapes = sorted(found, key=len, reverse=True)

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
