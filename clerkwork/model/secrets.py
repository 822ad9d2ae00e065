"""The forms in which a secret can appear in a text: as it is, and in common encodings."""

import base64
import json
from urllib.parse import quote, quote_plus

MASK = "•••"
SHORTEST = 4  # a shorter secret would mask ordinary words


def shapes(secret: str) -> set[str]:
    """Return *secret* and its common encodings; none if it is too short to be masked safely."""
    if len(secret) < SHORTEST:
        return set()
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
    }
