"""Making a scan fit for reading: level lines, an even white ground, no ruled lines of tables."""

import itertools
import math

from PIL import Image, ImageChops, ImageFilter, ImageOps

FAR_ASKEW = 5.0
CUT_FREE = 3.0  # degrees up to which a turn cuts nothing but margins
COLUMN_PX = 6  # that the search for the angle takes together: it looks at rows of ink alone


def straighten(picture: Image.Image) -> Image.Image:
    """Return the page turned so that its lines of text are level; the canvas grows if need be."""
    angle = _skew(picture)
    if abs(angle) < 0.05:
        return picture
    edge = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    fill = edge if isinstance(edge, tuple) else "white"
    grow = abs(angle) > CUT_FREE
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=grow, fillcolor=fill)


def _skew(picture: Image.Image) -> float:
    """Return by how many degrees against the clock the page has to be turned, 12 at most."""
    small = ImageOps.grayscale(picture)
    small.thumbnail((900, 1300), Image.Resampling.BOX)
    flat = ImageChops.subtract(small.filter(ImageFilter.BoxBlur(12)), small, offset=0)
    ink = flat.point(lambda value: 255 if value > 24 else 0)
    columns = ink.reduce((COLUMN_PX, 1))
    rough = _best_angle(columns, [float(step) for step in range(-12, 13)])
    reach = range(-12, 13) if abs(rough) < FAR_ASKEW else range(-24, 25)
    best = _best_angle(columns, [step * 0.5 for step in reach])
    return _best_angle(columns, [best + step * 0.1 for step in range(-5, 6)])


def _best_angle(columns: Image.Image, angles: list[float]) -> float:
    """Return the angle at which the rows of ink are separated best.

    The columns are moved up and down, which for rows is the same as a turn.
    """

    def sharpness(angle: float) -> tuple[float, float]:
        slope = COLUMN_PX * math.tan(math.radians(angle))
        moves = (1, 0, 0, slope, 1, -slope * columns.width / 2)
        turned = columns.transform(
            columns.size, Image.Transform.AFFINE, moves, Image.Resampling.BILINEAR
        )
        sums = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
        steps = itertools.pairwise(sums)
        return float(sum((a - b) ** 2 for a, b in steps)), -abs(angle)

    return max(angles, key=sharpness)


def without_rules(page: Image.Image) -> Image.Image:
    """Return a grey picture without the long ruled lines of tables, which tesseract stumbles on."""
    shade = page.filter(ImageFilter.BoxBlur(page.width // 60))
    ink = ImageChops.subtract(shade, page).point(lambda value: 255 if value > 28 else 0)
    length = page.width // 22
    rules = ImageChops.lighter(_runs(ink, length, 1, 0), _runs(ink, length, 0, 1))
    for right, down in ((1, 0), (0, 1)):  # wider by a pixel on each side
        both = ImageChops.lighter(_moved(rules, right, down), _moved(rules, -right, -down))
        rules = ImageChops.lighter(rules, both)
    return Image.composite(shade, page, rules)


def _runs(ink: Image.Image, length: int, right: int, down: int) -> Image.Image:
    """Return the ink that is part of a straight run of at least *length* pixels."""
    eroded, grown, step = ink, 1, 1
    while grown < length:
        step = min(grown, length - grown)
        eroded = ImageChops.darker(eroded, _moved(eroded, -right * step, -down * step))
        grown += step
    grown = 1
    while grown < length:
        step = min(grown, length - grown)
        eroded = ImageChops.lighter(eroded, _moved(eroded, right * step, down * step))
        grown += step
    return eroded


def _moved(picture: Image.Image, right: int, down: int) -> Image.Image:
    moved = Image.new("L", picture.size, 0)
    moved.paste(picture, (right, down))
    return moved


def sized(picture: Image.Image, width: int) -> Image.Image:
    """Return a picture that is so many pixels wide; one that nearly is comes back as it is."""
    if abs(picture.width - width) < width * 0.1:
        return picture
    size = (width, round(picture.height * width / picture.width))
    return picture.resize(size, Image.Resampling.LANCZOS)


def evened(page: Image.Image) -> Image.Image:
    """Return the page with its ground white everywhere and its ink black."""
    ink = ImageChops.subtract(page.filter(ImageFilter.BoxBlur(page.width // 60)), page)
    darkest = max([value for value, count in enumerate(ink.histogram()) if count and value] or [1])
    curve = [
        255 - round(min(max(value / darkest * 1.5 - 0.15, 0.0), 1.0) * 255) for value in range(256)
    ]
    return ink.point(curve)
