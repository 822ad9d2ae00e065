"""Files that nobody should send as a document: made here byte by byte, each small on the disk."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping

from PIL import Image

Make = Callable[[], bytes]
MIB = 2**20


def png(width: int, height: int, *, rows: int | None = None) -> bytes:
    """Return a PNG of one bit a pixel that claims a size; *rows* of it are there, None: all."""
    lines = bytes(1 + (width + 7) // 8) * (height if rows is None else rows)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(lines, 9)
    parts = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff(width: int, height: int) -> bytes:
    """Return a packed grey TIFF that claims a size and holds one small strip."""
    strip = zlib.compress(bytes(1000))
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 1),
        (273, 4, 8),
        (278, 4, height),
        (279, 4, len(strip)),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\x00" + struct.pack("<I", 8 + len(strip)) + strip + directory


def frames(count: int) -> bytes:
    """Return a TIFF of so many pages."""
    sheet = Image.new("1", (300, 300), 1)
    stream = io.BytesIO()
    sheet.save(stream, "TIFF", save_all=True, append_images=[sheet] * (count - 1))
    return stream.getvalue()


def pdf(
    *,
    kids: str = "[3 0 R]",
    count: str = "1",
    box: str = "[0 0 300 300]",
    more: str = "",
    objects: Mapping[int, bytes] | None = None,
    trailer: str = "",
) -> bytes:
    """Return a PDF of one page; each part of it can be replaced.

    Args:
        kids: The children of the page tree; the page is object 3.
        count: How many pages the tree claims.
        box: The page's MediaBox.
        more: Further entries of the page.
        objects: Further objects by their number, from 4.
        trailer: Further entries of the trailer.
    """
    page = f"<</Type/Page/Parent 2 0 R/MediaBox{box}{more}>>"
    parts = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: f"<</Type/Pages/Kids{kids}/Count {count}>>".encode(),
        3: page.encode(),
        **(objects or {}),
    }
    body = b"%PDF-1.4\n"
    places = []
    for number, content in sorted(parts.items()):
        places.append((number, len(body)))
        body += b"%d 0 obj" % number + content + b"endobj\n"
    table = b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places:
        table += b"%d 1\n%010d 00000 n \n" % (number, place)
    end = f"trailer<</Root 1 0 R/Size {max(parts) + 1}{trailer}>>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + table + end.encode()


def stream(data: bytes, entries: str = "", filters: int = 1) -> bytes:
    """Return a stream object whose data is packed so many times."""
    for _ in range(filters):
        data = zlib.compress(data, 9)
    names = "/FlateDecode" * filters
    head = f"<</Length {len(data)}/Filter[{names}]{entries}>>stream\n"
    return head.encode() + data + b"\nendstream\n"


def with_picture(width: int, height: int) -> bytes:
    """Return a PDF whose page shows a picture that claims a size."""
    entries = (
        f"/Type/XObject/Subtype/Image/Width {width}/Height {height}"
        "/ColorSpace/DeviceRGB/BitsPerComponent 8"
    )
    more = "/Contents 5 0 R/Resources<</XObject<</P 4 0 R>>>>"
    content = stream(b"q 300 0 0 300 0 0 cm /P Do Q")
    return pdf(more=more, objects={4: stream(bytes(MIB), entries), 5: content})


def with_text(count: int) -> bytes:
    """Return a PDF of one page with so many letters on it."""
    line = b"(" + b"ORDER " * 20 + b") Tj T*\n"
    content = b"BT /F 2 Tf 2 TL 0 300 Td\n" + line * (count // 120) + b"ET"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    more = "/Contents 5 0 R/Resources<</Font<</F 4 0 R>>>>"
    return pdf(more=more, objects={4: font, 5: stream(content)})


def with_content(data: bytes, filters: int = 1) -> bytes:
    """Return a PDF whose page draws *data*, packed so many times."""
    return pdf(more="/Contents 4 0 R", objects={4: stream(data, filters=filters)})


def encrypted() -> bytes:
    """Return a PDF that asks for a password."""
    secret = f"<</Filter/Standard/V 1/R 2/P -44/O<{'5a' * 32}>/U<{'a5' * 32}>>>"
    return pdf(objects={4: secret.encode()}, trailer="/Encrypt 4 0 R/ID[<00><00>]")


LARGE, LONG = "more than 50 million pixels", "pages, more than the 20 allowed"
BAD: dict[str, tuple[Make, str]] = {
    "empty.pdf": (lambda: b"", "is empty"),
    "letter.pdf": (lambda: b"Dear Sirs, please find our order attached.", "neither a PDF nor"),
    "page.pdf": (lambda: b"<html>order</html>", "neither a PDF nor a picture"),
    "program.pdf": (lambda: b"MZ" + bytes(500), "neither a PDF nor a picture"),
    "office.pdf": (lambda: b"PK\x03\x04" + bytes(500), "neither a PDF nor a picture"),
    "picture.gif": (lambda: b"GIF89a" + bytes(500), "neither a PDF nor a picture"),
    "both.png": (lambda: png(300, 300)[:80] + pdf(), "a PDF and a picture at once"),
    "both.jpg": (lambda: b"\xff\xd8\xff\xe0" + pdf(), "a PDF and a picture at once"),
    "tiny.png": (lambda: png(8, 8), "8 by 8 pixels, too small"),
    "bomb.png": (lambda: png(12_000, 12_000), LARGE),
    "claim.png": (lambda: png(50_000, 50_000, rows=0), LARGE),
    "short.png": (lambda: png(7_000, 7_000, rows=1), "broken or incomplete picture"),
    "claim.tiff": (lambda: tiff(60_000, 60_000), LARGE),
    "short.tiff": (lambda: tiff(7_000, 7_000), "broken or incomplete picture"),
    "frames.tiff": (lambda: frames(21), f"has 21 {LONG}"),
    "box.pdf": (lambda: pdf(box="[0 0 14400 14400]"), "200 by 200 inches"),
    "flat.pdf": (lambda: pdf(box="[0 0 0.5 14400]"), "which cannot be drawn"),
    "long.pdf": (lambda: pdf(kids=f"[{'3 0 R ' * 21}]", count="21"), f"has 21 {LONG}"),
    "claim.pdf": (lambda: pdf(count="1000000"), LONG),
    "none.pdf": (lambda: pdf(kids="[]", count="0"), "has no pages"),
    "secret.pdf": (encrypted, "protected by a password"),
    "stub.pdf": (lambda: b"%PDF-1.7\n", "broken or incomplete PDF"),
    "photo.pdf": (lambda: with_picture(30_000, 30_000), LARGE),
    "flood.pdf": (lambda: with_text(400_000), "more text than fits on a page"),
}
# What may be read or rejected, as its decoder likes it, within the limits all the same.
STRANGE: dict[str, Make] = {
    "wide.pdf": lambda: pdf(box="[0 0 9e9 9e9]"),
    "loop.pdf": lambda: pdf(kids="[2 0 R]"),
    "spaces.pdf": lambda: with_content(b" " * 200 * MIB),
    "twice.pdf": lambda: with_content(b" " * 400 * MIB, filters=2),
    "shapes.pdf": lambda: with_content(b"0 0 m 300 300 l S\n" * 1_000_000),
    "nested.pdf": lambda: with_content(b"q " * 5_000_000),
    "named.pdf": lambda: png(600, 400),
}
