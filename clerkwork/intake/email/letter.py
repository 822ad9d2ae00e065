"""The parts of a mail: the files that a workflow takes, and the names of all that it does not."""

import json
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage, Message
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from clerkwork.intake.printable_names import printable_name

LONGEST_HEADER = 200
MOST_NAMED = 20
BODY = frozenset({"text/plain", "text/html"})
SIGNATURES = frozenset({"pkcs7-signature", "x-pkcs7-signature", "pgp-signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail whose parts were looked at.

    Attributes:
        sender: Its sender, as the mail says.
        subject: Its subject.
        files: Name and content of the files that fit the workflow's source.
        others: Names of all other parts but the text; of a part without a name its type.
        ornaments: Those of the *others* that belong to the text: pictures in it, signatures.
    """

    sender: str
    subject: str
    files: list[tuple[str, bytes]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    ornaments: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        """Return whether a part was left out that a person has to look at."""
        return len(self.others) > len(self.ornaments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which mail brought a file; it becomes part of the source of the file's items."""

    mail: str
    not_taken: str = ""


def read_letter(message: EmailMessage, pattern: str) -> Letter:
    """Return the parts of *message*, with the files whose name fits *pattern*."""
    letter = Letter(sender=_header(message, "From"), subject=_header(message, "Subject"))
    for part in message.walk():
        if part.is_multipart():
            continue
        name = file_name(part.get_filename() or "")
        data = part.get_payload(decode=True)
        if name and isinstance(data, bytes) and data and fnmatch(name.lower(), pattern.lower()):
            letter.files.append((name, data))
        elif name or part.get_content_type() not in BODY:
            letter.others.append(name or part.get_content_type())
            if _is_ornament(part):
                letter.ornaments.append(letter.others[-1])
    return letter


def listed(names: list[str]) -> str:
    """Return *names* as text, the first of very many."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def write_origin(file: Path, origin: Origin) -> None:
    """Write which mail brings *file*, into a file next to it, before *file* itself is written."""
    _note_of(file).write_text(json.dumps(asdict(origin)), encoding="utf-8")


def origin_of(file: Path) -> dict[str, str]:
    """Return which mail brought *file*; empty when no mail did."""
    try:
        found: Any = json.loads(_note_of(file).read_text("utf-8"))
        return {name: str(text) for name, text in asdict(Origin(**found)).items() if text}
    except (OSError, ValueError, TypeError):  # there is no such file, or another program wrote it
        return {}


def remove_origin(file: Path) -> None:
    """Remove the note on the mail that brought *file*, which was moved away."""
    _note_of(file).unlink(missing_ok=True)


def file_name(text: str) -> str:
    """Return the last part of a name that came in a mail, without what a folder cannot hold."""
    name = text.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip().lstrip(".~$ ")
    return printable_name(name)


def _note_of(file: Path) -> Path:
    return file.with_name(f".{printable_name(file.name)}.mail")


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))[:LONGEST_HEADER]
    except Exception:  # noqa: BLE001 - the library raises a dozen kinds; its files are taken
        return ""


def _is_ornament(part: Message) -> bool:
    if part.get_content_subtype() in SIGNATURES:
        return True
    inline = part.get_content_disposition() == "inline" or "Content-ID" in part
    return part.get_content_maintype() == "image" and inline
