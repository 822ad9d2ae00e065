"""RapidOCR: better than tesseract on receipts and on Chinese, at about three times the work.

Its models stand in its wheel. It is used only while they do, because it would fetch them from the
network otherwise. One thread and lines one by one: more of both costs memory and wins nothing.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from PIL import Image

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr.contract import Layout, OcrWord
from clerkwork.documents.tokens import is_cjk
from clerkwork.errors import ApplicationException

REMEDY = "pip install 'clerkwork[ocr]'"
MODELS = ("*det*.onnx", "*rec*.onnx")
SETTINGS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.max_side_len": 6000,
    "Det.limit_side_len": 1280,
    "Det.limit_type": "max",
    "Rec.rec_batch_num": 1,
    "Rec.rec_img_shape": [3, 48, 160],  # a shorter line costs as much as one of 160 pixels
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
RULES = 3  # to be raised when words are put together in another way
ROOM = 0.15
GAP_LATIN, GAP_CHINESE = 0.2, 0.8  # in line heights


class RapidOcr:
    """Reads with RapidOCR's models for Chinese and English."""

    name = "rapidocr"
    rank = 2

    def __init__(self, settings: DocumentSettings) -> None:
        """Prepare to read; the models are loaded at the first reading."""

    def missing(self) -> str | None:
        """Return what to install, or None."""
        if not all(map(importlib.util.find_spec, ("rapidocr", "onnxruntime"))):
            return REMEDY
        spec = importlib.util.find_spec("rapidocr")
        models = Path((spec.origin if spec else None) or "").parent / "models"
        if not all(any(models.glob(pattern)) for pattern in MODELS):
            return f"{REMEDY} --force-reinstall, as its models are missing"
        return None

    def version(self) -> str:
        """Return the version of the package, which is that of its models, and that of our rules."""
        return f"{metadata.version('rapidocr')}/{RULES}"

    @cached_property
    def _model(self) -> Any:
        try:
            from rapidocr import RapidOCR  # noqa: PLC0415 - an optional package
        except ImportError as error:
            message = "RapidOCR is not installed; run `clerkwork doctor`."
            raise ApplicationException("ocr_missing", message) from error
        return RapidOCR(params=SETTINGS)

    def read(
        self,
        picture: Image.Image,
        *,
        languages: str,  # noqa: ARG002 - one model reads them all
        layout: Layout,  # noqa: ARG002 - it finds the lines by itself
    ) -> Sequence[OcrWord]:
        """Return the words of a picture; see the contract."""
        model = self._model
        try:
            result = model(picture.convert("RGB"), return_word_box=True)
        except Exception as error:
            message = "RapidOCR failed: {error}."
            problem = str(error).strip().rpartition("\n")[2][:200] or type(error).__name__
            raise ApplicationException("ocr_failed", message, error=problem) from error
        if not result.txts:
            return []
        lines = zip(result.boxes, result.txts, result.scores, result.word_results, strict=True)
        return [word for number, line in enumerate(lines) for word in _words(number, *line)]


def _words(line: int, corners: Any, text: str, score: float, parts: Any) -> Iterator[OcrWord]:
    """Yield the words of a line; *parts* are its characters or words with their boxes.

    The line's box is wider and higher than its letters by a part of its height.
    """
    ys = [float(y) for _, y in corners]
    room = ROOM * (max(ys) - min(ys))
    top, bottom = min(ys) + room, max(ys) - room
    pieces = list(_pieces(text, parts)) or [(text, score, (corners[0][0], corners[2][0]), False)]
    for word, confidence, (left, right), spaced in pieces:
        yield OcrWord(
            text=word,
            box=(float(left), top, max(float(right), float(left) + 1), bottom),
            confidence=min(max(float(confidence), 0.0), 1.0),
            line=line,
            spaced=spaced,
        )


Piece = tuple[str, float, tuple[float, float], bool]


def _pieces(text: str, parts: Any) -> Iterator[Piece]:
    """Yield word, confidence, left and right edge, and whether a blank is before it.

    The recogniser gives single characters where a line has Chinese; here they become words again.
    """
    place = 0
    word: Piece | None = None
    for part, confidence, corners in parts:
        if not part.strip():
            continue
        found = text.find(part, place)
        spaced = found > place and text[place:found].isspace()
        place = found + len(part) if found >= 0 else place
        edges = (min(float(x) for x, _ in corners), max(float(x) for x, _ in corners))
        height = max(float(y) for _, y in corners) - min(float(y) for _, y in corners)
        gap = (GAP_CHINESE if is_cjk(part[0]) else GAP_LATIN) * height
        apart = word is not None and edges[0] - word[2][1] > gap
        if word and not spaced and not apart and is_cjk(word[0][-1]) == is_cjk(part[0]):
            word = (word[0] + part, min(word[1], confidence), (word[2][0], edges[1]), word[3])
            continue
        if word:
            yield word
        word = (part, confidence, edges, spaced or apart)
    if word:
        yield word


ENGINE = RapidOcr
