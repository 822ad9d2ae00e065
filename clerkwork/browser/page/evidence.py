"""Evidence of a page: screenshots, its text, and the typed values, all without secrets.

The browser takes the screenshot while every element that shows a secret is covered. Files are named
by the SHA-256 of their content, so that a later change is detected.
"""

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from playwright.sync_api import CDPSession, Error, Frame, Page

from clerkwork.browser.page.accessibility_tree import accessibility_text
from clerkwork.browser.page.item_values import Part
from clerkwork.browser.scripts import script
from clerkwork.model.secrets import MASK, SHORTEST, shapes

COVER = script("page/cover", "coverSecrets")
QUALITY = 60
LONGEST = 8_000  # pixels; a longer page is cut off in its screenshot
PING_MS = 5_000
TYPES = {
    ".jpg": "image/jpeg",
    ".jsonl": "application/jsonl",
    ".txt": "text/plain",
    ".zip": "application/zip",
}
_sessions: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


def answers(page: Page) -> bool:
    """Return whether *page* still responds, so that calls without a timeout are safe."""
    try:
        page.wait_for_function("true", timeout=PING_MS)
    except Error:
        return False
    return True


def picture(page: Page, secrets: Iterable[str]) -> bytes:
    """Return a JPEG of the whole page; elements that show one of *secrets* are covered.

    Raises:
        Error: The page was closed, or its elements could not be covered.
    """
    known_secrets = [secret for secret in secrets if len(secret) >= SHORTEST]
    covered: list[Frame] = []
    try:
        size: dict[str, Any] = {}
        for frame in page.frames:
            own = frame.evaluate(COVER, [known_secrets, True])
            covered += [frame] if own.get("covered") else []
            size = size or own
        return _captured(page, size)
    finally:
        for frame in covered:
            with contextlib.suppress(Error):
                frame.evaluate(COVER, [[], False])


def page_text(page: Page, secrets: Iterable[str]) -> str:
    """Return the page's accessibility tree as text, without *secrets*."""
    if len(page.frames) > 1:  # the browser's tree covers one frame only
        return without(page.locator("body").aria_snapshot(), secrets)
    return without(
        accessibility_text(_session(page).send("Accessibility.getFullAXTree")["nodes"]), secrets
    )


def field_lines(parts: Sequence[Part], shown: Mapping[str, str]) -> str:
    """Return a JSON line for each part: its field, the wanted text, and the text then shown."""
    lines = []
    for part in parts:
        facts = {
            "path": part.path,
            "field": part.field.words,
            "row": part.row,
            "wanted": part.text,
            "shown": shown.get(part.path),
        }
        if part.field.secret:
            same = facts["wanted"] == facts["shown"]
            facts |= {"wanted": MASK, "shown": MASK if same else f"{MASK} (other)"}
        lines.append(json.dumps(facts, ensure_ascii=False) + "\n")
    return "".join(lines)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with every secret masked."""
    found = {shape for secret in secrets for shape in shapes(secret)}
    for shape in sorted(found, key=len, reverse=True):
        text = text.replace(shape, MASK)
    return text


def keep(folder: Path, data: bytes, suffix: str) -> str:
    """Store *data* in *folder* under its SHA-256, and return that."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = folder / sha256[:2] / f"{sha256}{suffix}"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(data)
        part.replace(file)  # never half a file under its final name
    return sha256


def _session(page: Page) -> CDPSession:
    session = _sessions.get(page)
    if session is None:
        session = _sessions[page] = page.context.new_cdp_session(page)
    return session


def _captured(page: Page, size: Mapping[str, Any]) -> bytes:
    options: dict[str, Any] = {"format": "jpeg", "quality": QUALITY, "optimizeForSpeed": True}
    if not size["seen"]:
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], LONGEST)}
        options |= {"captureBeyondViewport": True, "clip": {**clip, "scale": 1}}
    return base64.b64decode(_session(page).send("Page.captureScreenshot", options)["data"])
