"""Readings that are kept: paid for once, never believed when broken, never without bounds."""

import os
from pathlib import Path

import pytest
from PIL import Image

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr import cache
from clerkwork.documents.ocr.contract import AUTO, Engines, Layout, OcrWord, choose
from clerkwork.errors import ApplicationException

WORDS = [
    OcrWord(text="总计", box=(1.0, 2.0, 30.0, 12.5), confidence=0.5, line=0, spaced=None),
    OcrWord(text="59.50", box=(34.0, 2.0, 60.0, 12.5), confidence=1.0, line=0, spaced=True),
]


class Counting:
    """An engine that counts its readings."""

    name = "counting"
    rank = 1

    def __init__(self, release: str = "1") -> None:
        self.release = release
        self.readings = 0

    def missing(self) -> str | None:
        return None

    def version(self) -> str:
        return self.release

    def read(self, picture: Image.Image, *, languages: str, layout: Layout) -> list[OcrWord]:
        self.readings += bool(picture and languages and layout)
        return WORDS


def read(engine: cache.CachedEngine, shade: str = "white", languages: str = "eng") -> list[OcrWord]:
    picture = Image.new("L", (40, 20), shade)
    return list(engine.read(picture, languages=languages, layout=Layout.PAGE))


def test_a_picture_is_read_once(tmp_path: Path) -> None:
    """The second answer is the first one, word for word."""
    counting = Counting()
    engine = cache.CachedEngine(counting, tmp_path)
    assert (read(engine), read(engine), counting.readings) == (WORDS, WORDS, 1)


def test_another_picture_language_or_version_is_read_again(tmp_path: Path) -> None:
    """A stored reading never answers for something else."""
    first, newer = Counting(), Counting("2")
    engine = cache.CachedEngine(first, tmp_path)
    for shade, languages in (("white", "eng"), ("black", "eng"), ("white", "chi_sim")):
        read(engine, shade, languages)
    read(cache.CachedEngine(newer, tmp_path))
    assert (first.readings, newer.readings) == (3, 1)


@pytest.mark.parametrize("damage", ["", "[[", '[["a"]]', "{}", '[["a", 1, 2, 3, 4]]'])
def test_a_damaged_reading_is_made_again(tmp_path: Path, damage: str) -> None:
    """A file that was cut off or changed is as good as none."""
    counting = Counting()
    engine = cache.CachedEngine(counting, tmp_path)
    read(engine)
    for file in tmp_path.glob("*/*.json"):
        file.write_text(damage)
    assert (read(engine), counting.readings) == (WORDS, 2)


def test_the_oldest_readings_go_when_there_are_too_many(tmp_path: Path) -> None:
    """What was used last stays, until a fifth of the room is free."""
    folder = tmp_path / "ab"
    folder.mkdir()
    for age in range(10):
        file = folder / f"{age}.json"
        file.write_bytes(bytes(1000))
        os.utime(file, (1000 - age, 1000 - age))
    cache.clear(tmp_path, max_mb=9000 / 2**20)
    assert sorted(file.stem for file in folder.iterdir()) == [str(age) for age in range(7)]


def test_readings_within_their_room_stay(tmp_path: Path) -> None:
    """Nothing is deleted while there is room."""
    read(cache.CachedEngine(Counting(), tmp_path))
    cache.clear(tmp_path, max_mb=1)
    assert len(list(tmp_path.glob("*/*.json"))) == 1


def names(engines: Engines) -> tuple[str, str | None]:
    return engines.first.name, engines.second.name if engines.second else None


@pytest.mark.parametrize(
    ("engine", "verify", "expected"),
    [
        ("tesseract", "none", ("tesseract", None)),
        ("tesseract", "tesseract", ("tesseract", None)),
        ("none", AUTO, ("none", None)),
    ],
)
def test_the_settings_choose_the_engines(
    engine: str, verify: str, expected: tuple[str, str | None]
) -> None:
    """No engine confirms itself under another name, and nothing is confirmed by none."""
    assert names(choose(DocumentSettings(engine=engine, verify=verify))) == expected


def test_the_best_engine_reads_and_the_next_confirms() -> None:
    """Without a setting each engine takes the place that its rank gives it."""
    pytest.importorskip("rapidocr", reason="needs the extra `ocr`")
    assert names(choose(DocumentSettings())) == ("rapidocr", "tesseract")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "abacus"}, "There is no engine abacus; write one of auto, none, rapidocr"),
        ({"engine": "replay"}, "The engine replay cannot be used: set documents.replay"),
        ({"verify": "abacus"}, "There is no engine abacus"),
    ],
)
def test_an_engine_that_cannot_be_had_is_named_with_its_remedy(
    settings: dict[str, str], message: str
) -> None:
    """A typing slip in the settings is one sentence, and no scan is read by another engine."""
    with pytest.raises(ApplicationException, match=message):
        choose(DocumentSettings(**settings))
