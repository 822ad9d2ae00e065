"""The pages of a document as people see them: a picture each, with its words to click on."""

import hashlib
import io
import json
import os
from pathlib import Path

from PIL import Image

from clerkwork.documents.tokens import PageWords, box_of, rows_of
from clerkwork.model.documents.extraction import PageImage, ShownWord

SHOWN_WIDTH_PX = 1400
JPEG_QUALITY = 80


def keep(picture: Image.Image, words: PageWords, evidence: Path) -> PageImage:
    """Keep a page in the folder *evidence* under the content of its picture."""
    shown = _keep_picture(picture, evidence)
    _keep_words(words, shown, evidence)
    return shown


def _keep_picture(picture: Image.Image, evidence: Path) -> PageImage:
    """Write the page as a JPEG under the SHA-256 of its content, unless it is there already."""
    small = picture.copy()
    small.thumbnail((SHOWN_WIDTH_PX, SHOWN_WIDTH_PX * 4), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    data = buffer.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    target = evidence / sha256[:2] / f"{sha256}.jpg"
    if not target.exists():
        _write(target, data)
    return PageImage(sha256=sha256, width=small.width, height=small.height)


def _keep_words(words: PageWords, shown: PageImage, evidence: Path) -> None:
    """Write the words of a page next to its picture, in reading order, for a person to click on."""
    found = []
    for token in (token for row in rows_of(words) for token in row):
        box = box_of([token], words.ratio)
        if box is not None:
            word = ShownWord(text=token.text, box=box, glued=token.glued)
            found.append(word.model_dump(mode="json"))
    data = json.dumps(found, ensure_ascii=False).encode()
    _write(evidence / shown.sha256[:2] / f"{shown.sha256}.words.json", data)


def _write(target: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(target)
