"""What the engine that confirms is asked to read: no more than the places in doubt, at first."""

import itertools
from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw

from clerkwork.documents.ocr.contract import Engines, Layout, OcrWord
from clerkwork.documents.ocr.preprocess import straighten
from clerkwork.documents.ocr.recognize import Readings, band_of, read_picture

LINES = (100, 400, 700, 1000, 1300)


class Bars:
    """Sees a word in each bar of ink, and keeps what it was asked for."""

    rank = 1

    def __init__(self, name: str, text: str = "bar") -> None:
        self.name = name
        self.text = text
        self.asked: list[tuple[int, str]] = []

    def missing(self) -> str | None:
        return None

    def version(self) -> str:
        return "1"

    def read(self, picture: Image.Image, *, languages: str, layout: Layout) -> Sequence[OcrWord]:  # noqa: ARG002 - all one to it
        self.asked.append((round(1000 * picture.height / picture.width), languages))
        grey = picture.convert("L").point(lambda value: 255 if value < 128 else 0)
        rows = grey.resize((1, grey.height), Image.Resampling.BOX).tobytes()
        found, top = [], 0
        for inked, group in itertools.groupby(rows, key=bool):
            height = len(list(group))
            if inked:
                box = (0.2 * picture.width, top, 0.6 * picture.width, top + height)
                found.append(OcrWord(text=self.text, box=box, confidence=1, line=len(found)))
            top += height
        return found


@pytest.fixture
def page() -> Image.Image:
    """Return a page with five bars as high as text, a thousand pixels wide."""
    page = Image.new("RGB", (1000, 1400), "white")
    for top in LINES:
        for left in range(200, 600, 40):  # not a ruled line, which is taken out
            ImageDraw.Draw(page).rectangle((left, top, left + 25, top + 20), fill="black")
    return page


def read(page: Image.Image, text: str = "bar") -> tuple[Readings, Bars]:
    second = Bars("second")
    engines = Engines(first=Bars("first", text), second=second)
    return read_picture(page, 0, "eng+chi_sim", engines), second


def tops(readings: Readings, *lines: int) -> list[int]:
    """Return where the second engine sees words when it is asked about some lines."""
    bands = [band_of([readings.main.tokens[line]]) for line in lines]
    [other] = readings.others(bands)
    return [round(token.top, -1) for token in other.tokens]


def test_nothing_is_read_again_before_it_is_asked_for(page: Image.Image) -> None:
    """Most pages need no second reading at all."""
    _, second = read(page)
    assert second.asked == []


def test_only_the_places_in_doubt_are_read_again(page: Image.Image) -> None:
    """Two lines of five; the one between them is left out, and all stand where they were."""
    readings, second = read(page)
    assert (tops(readings, 1, 3), len(second.asked)) == ([400, 1000], 1)
    assert second.asked[0][0] < 700


def test_the_whole_page_is_read_when_more_is_asked_for_later(page: Image.Image) -> None:
    """One part after another would cost more than the page; what is known is not read again."""
    readings, second = read(page)
    seen = [tops(readings, line) for line in (2, 2, 0, 4)]
    assert (seen, len(second.asked)) == ([[700], [700], [*LINES], [*LINES]], 2)


@pytest.mark.parametrize(("text", "languages"), [("bar", "eng"), ("编号", "eng+chi_sim")])
def test_chinese_is_looked_for_only_where_there_is_some(
    page: Image.Image, text: str, languages: str
) -> None:
    """A model for Chinese doubles what a reading costs, and finds Chinese in Latin letters."""
    readings, second = read(page, text)
    readings.others([band_of(readings.main.tokens[:1])])
    assert [asked for _, asked in second.asked] == [languages]


@pytest.mark.parametrize("angle", [-11, -3.3, -0.4, 0, 0.7, 5.2, 10])
def test_a_page_askew_is_put_level(page: Image.Image, angle: float) -> None:
    """Each bar is one row of ink again, as it was before the page was turned."""
    turned = page.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    words = Bars("first").read(straighten(turned), languages="eng", layout=Layout.PAGE)
    heights = [word.box[3] - word.box[1] for word in words]
    assert len(heights) == len(LINES)
    assert max(heights) < 30
