"""The console's two languages: catalogues, the language of a request, translatable messages.

Messages are written in English in code and templates; ``zh.po`` in this folder and the files of
``discover.catalog_files`` have the Chinese. They are read once, at the start.
"""

import io
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LANGUAGES = ("en", "zh")
OWN_CATALOGUE = Path(__file__).with_name("zh.po")
TEMPLATES = ("templates/**.html", "widgets/**.html")
METHODS = [("**.py", "python"), *((each, "jinja2.ext:babel_extract") for each in TEMPLATES)]

language: ContextVar[str] = ContextVar("language", default="en")
_chinese: dict[str, str] = {}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    """Mark *message* as translatable, and return it unchanged."""
    return message


def load_catalogues(files: Iterable[Path]) -> None:
    """Read the Chinese of every message; a later file wins, empty translations are ignored."""
    for file in files:
        known = read_catalogue(file)
        _chinese.update({message: chinese for message, chinese in known.items() if chinese})


def read_catalogue(file: Path) -> dict[str, str]:
    """Return the Chinese of each message in *file*; empty where it is not translated yet."""
    with file.open("rb") as stream:
        return {
            message.id: str(message.string)
            for message in read_po(stream, locale="zh")
            if isinstance(message.id, str) and message.id
        }


def write_catalogue(file: Path, messages: dict[str, str]) -> None:
    """Replace *file* by these messages and their Chinese, in this order."""
    catalogue = Catalog(locale="zh", fuzzy=False)
    for message, chinese in messages.items():
        catalogue.add(message, chinese)
    stream = io.BytesIO()
    write_po(stream, catalogue, width=100, omit_header=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    file.write_text(header + stream.getvalue().decode("utf-8").lstrip(), "utf-8")


def gettext(message: str) -> str:
    """Return *message* in the language of the request; English without a translation."""
    return _chinese.get(message, message) if language.get() == "zh" else message


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a message that fits *number*; Chinese has one form, filed under *many*."""
    if language.get() == "zh":
        return _chinese.get(many, many)
    return one if number == 1 else many


def messages_in(folder: Path) -> set[str]:
    """Return every translatable message of the code and the templates below *folder*."""
    found = extract_from_dir(
        str(folder),
        method_map=METHODS,
        options_map={
            each: {"extensions": "jinja2.ext.i18n", "silent": "false"} for each in TEMPLATES
        },
        keywords={"_": None, "gettext": None, "N_": None, "ngettext": (2,)},
    )
    messages: set[str] = set()
    for _file, _line, message, _comments, _context in found:
        messages.add(message if isinstance(message, str) else message[-1])
    return messages


class LanguageMiddleware:
    """Sets the language of each request from ``?lang=``, the cookie, or the browser's header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request in its language; a cookie keeps a choice in the address."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chosen = _chosen(scope)
        language.set(chosen or _wished(Headers(scope=scope)))

        async def send_with_cookie(message: Message) -> None:
            if chosen and message["type"] == "http.response.start":
                cookie = f"lang={chosen}; Path=/; SameSite=Lax; Max-Age=31536000"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _chosen(scope: Scope) -> str | None:
    wanted = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
    return wanted if wanted in LANGUAGES else None


def _wished(headers: Headers) -> str:
    cookie = SimpleCookie(headers.get("cookie", "")).get("lang")
    if cookie is not None and cookie.value in LANGUAGES:
        return cookie.value
    for tag in _tags(headers.get("accept-language", "")):
        if tag[:2] in LANGUAGES:
            return tag[:2]
    return "en"


def _tags(header: str) -> Iterator[str]:
    """Yield the language tags of an Accept-Language header in the order browsers send them."""
    for part in header.split(","):
        yield part.split(";")[0].strip().lower()
