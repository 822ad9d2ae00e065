"""The meaning of each reason code and what to do, from ``codes.yaml`` in both languages."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from clerkwork.web.i18n import language

FILE = Path(__file__).with_name("codes.yaml")
UNKNOWN = "unknown_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The meaning of a code and what to do, in one language."""

    code: str
    meaning: str
    action: str


def advice(code: str) -> Advice | None:
    """Return the entry of *code* in the language of the request; None for a bot's own code."""
    return entries(language.get()).get("unknown_FIELD" if code.startswith(UNKNOWN) else code)


@cache
def entries(language_wanted: str) -> dict[str, Advice]:
    """Return every entry in the language ``en`` or ``zh``, by its code."""
    table = yaml.safe_load(FILE.read_text("utf-8"))
    return {
        code: Advice(code=code, meaning=texts[language_wanted][0], action=texts[language_wanted][1])
        for code, texts in table.items()
    }
