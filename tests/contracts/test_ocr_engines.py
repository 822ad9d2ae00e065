"""What every engine promises, run over every engine that is found."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr.contract import Layout, OcrEngine, find_engines
from clerkwork.documents.ocr.engines import replay
from clerkwork.errors import ApplicationException

NAMES = sorted(find_engines(DocumentSettings()))
LINES = ["Order 4711", "Total 59.50"]
LANGUAGES = "eng"


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    sheet = Image.new("RGB", (900, 400), "white")
    font = ImageFont.load_default(size=56)
    for index, line in enumerate(LINES):
        ImageDraw.Draw(sheet).text((60, 60 + 140 * index), line, "black", font)
    return sheet


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, picture: Image.Image) -> DocumentSettings:
    folder = tmp_path_factory.mktemp("stored")
    made = DocumentSettings(languages=LANGUAGES, replay=str(folder))
    words = find_engines(made)["tesseract"].read(picture, languages=LANGUAGES, layout=Layout.PAGE)
    replay.record(folder, picture, words, languages=LANGUAGES, layout=Layout.PAGE)
    return made


@pytest.fixture(params=NAMES)
def engine(request: Any, settings: DocumentSettings) -> OcrEngine:
    found = find_engines(settings)[request.param]
    if remedy := found.missing():
        pytest.skip(f"needs: {remedy}")
    return found


def test_an_engine_is_called_like_its_module(engine: OcrEngine) -> None:
    """The setting, the file and the message to a person use one word."""
    file = Path(replay.__file__).with_name(f"{engine.name}.py")
    assert (file.exists(), engine.version() != "") == (True, True)


def test_words_come_line_by_line_in_their_places(engine: OcrEngine, picture: Image.Image) -> None:
    """Every engine that reads gives the same words, lines, order and rough places."""
    if engine.name == "none":
        assert engine.read(picture, languages=LANGUAGES, layout=Layout.PAGE) == []
        return
    words = list(engine.read(picture, languages=LANGUAGES, layout=Layout.PAGE))
    rows = [list(row) for _, row in itertools.groupby(words, key=lambda word: word.line)]
    assert [" ".join(word.text for word in row) for row in rows] == LINES
    middles = [(word.box[1] + word.box[3]) / 2 for word in words]
    assert all(
        abs(middle - (60 + 140 * index + 35)) < 30
        for middle, index in zip(middles, [0, 0, 1, 1], strict=True)
    )
    assert [row[0].box[2] <= row[1].box[0] for row in rows] == [True, True]


def test_numbers_of_a_word_are_plain_and_in_range(engine: OcrEngine, picture: Image.Image) -> None:
    """Boxes are inside the picture and confidences between 0 and 1 for every engine."""
    words = engine.read(picture, languages=LANGUAGES, layout=Layout.PAGE)
    good = [
        0 <= word.confidence <= 1
        and 0 <= word.box[0] < word.box[2] <= picture.width
        and 0 <= word.box[1] < word.box[3] <= picture.height
        and word.text == word.text.strip() != ""
        for word in words
    ]
    assert good == [True] * len(words)


def test_an_empty_sheet_has_no_words(engine: OcrEngine) -> None:
    """White paper is no error, except to the engine that knows only what was stored."""
    blank = Image.new("RGB", (600, 400), "white")
    if engine.name == "replay":
        with pytest.raises(ApplicationException, match="No reading of this picture"):
            engine.read(blank, languages=LANGUAGES, layout=Layout.PAGE)
        return
    assert list(engine.read(blank, languages=LANGUAGES, layout=Layout.PAGE)) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_that_lacks_something_says_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without programs, packages and settings each engine names its remedy or needs none."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    remedies = {
        "none": None,
        "rapidocr": "pip install 'clerkwork[ocr]'",
        "replay": "set documents.replay to a folder of stored readings",
        "tesserocr": "pip install tesserocr",
        "tesseract": "apt-get install tesseract-ocr tesseract-ocr-eng",
    }
    found = find_engines(DocumentSettings(languages="eng"))[name]
    assert found.missing() == remedies[name]
