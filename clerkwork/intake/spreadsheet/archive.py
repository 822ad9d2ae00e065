"""Looks into a zip file before a library unfolds it: how many parts, how large, which names.

Sizes are counted while reading, because the sizes that a zip file states may be lies.
"""

import io
import re
import zipfile

from clerkwork.errors import InputRejected

MOST_ENTRIES = 2000
MOST_BYTES = 200 * 2**20
MOST_RATIO = 100
SMALL_BYTES = 2**20  # below this size no ratio is suspicious
BLOCK = 2**18
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ROW = re.compile(rb"<(?:\w+:)?row(?=[\s>/])[^>]*>")
NUMBER = re.compile(rb"""\sr=["'](\d{1,9})["']""")
AGAIN = "Open it in a spreadsheet program, save it as .xlsx and send it again."


def check_archive(data: bytes, name: str) -> None:
    """Read the whole archive *data* once, within limits.

    Raises:
        InputRejected: It is not a zip file, is protected by a password, or exceeds a limit.
    """
    if not data:
        raise InputRejected(name, "", "the file is empty", "Send it again.")
    if data.startswith(OLE):
        problem = "the file is protected by a password or is in the old .xls format"
        raise InputRejected(name, "", problem, "Save it without a password as .xlsx.")
    if not data.startswith(b"PK"):
        raise InputRejected(name, "", "the file is not an xlsx workbook", AGAIN)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise InputRejected(name, "", "the workbook has too many parts", AGAIN)
        names = [entry.filename for entry in entries]
        if len(set(names)) < len(names) or any(_outside(part) for part in names):
            raise InputRejected(name, "", "the workbook names its parts wrongly", AGAIN)
        total = 0
        for entry in entries:
            total += _unfold(archive, entry, name, MOST_BYTES - total)
        for part in names:
            if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                _check_rows(archive.read(part), name)


def _check_rows(sheet: bytes, name: str) -> None:
    """Refuse rows that do not stand in rising order: the library drops them without a word."""
    last = 0
    for match in ROW.finditer(sheet):
        number = NUMBER.search(match[0])
        row = int(number[1]) if number else last + 1
        if row <= last:
            raise InputRejected(name, "", "the rows of a sheet are out of order", AGAIN)
        last = row


def _outside(part: str) -> bool:
    return part.startswith(("/", "\\")) or ".." in part.replace("\\", "/").split("/")


def _unfold(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, left: int) -> int:
    if entry.flag_bits & 1:
        problem = "the file is protected by a password or is in the old .xls format"
        raise InputRejected(name, "", problem, "Save it without a password as .xlsx.")
    size = 0
    most = max(SMALL_BYTES, entry.compress_size * MOST_RATIO)
    with archive.open(entry) as part:
        while block := part.read(BLOCK):
            size += len(block)
            if size > min(left, most):
                problem = "the workbook unfolds to far more data than orders need"
                raise InputRejected(name, "", problem, "Send a smaller workbook.")
    return size
