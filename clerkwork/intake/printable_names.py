"""The printable name of a file with any bytes in its name; log, store and folders use it."""

from pathlib import Path

LONGEST = 200  # bytes; a file system takes 255, and a time stamp or an ending may be added
LONGEST_SUFFIX = 20


def printable_name(name: str) -> str:
    """Return *name* as text of at most ``LONGEST`` bytes in UTF-8, with the same suffix.

    A byte that is not UTF-8 is written as ``%B6``, a character that cannot be printed as ``_``.
    """
    text = "".join(_printable(char) for char in name)
    suffix = Path(text).suffix
    if len(suffix.encode()) > LONGEST_SUFFIX:
        suffix = ""
    stem = text.removesuffix(suffix).encode()[: LONGEST - len(suffix.encode())]
    return stem.decode("utf-8", "ignore") + suffix


def _printable(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # how Python shows a byte of a name that is not UTF-8
        return f"%{ord(char) - 0xDC00:02X}"
    return char if char.isprintable() or char == "\u3000" else "_"
