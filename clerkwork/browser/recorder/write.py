"""Writes a recorded target and its bot into a project, each in a new folder."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from clerkwork.browser.locate.fingerprints import HEAD
from clerkwork.browser.recorder.describe import Description
from clerkwork.errors import UsageError

UNVERIFIED = "# Recorded, NOT verified yet: no second sample has been entered with it and compared."
VERIFIED = "# Recorded and verified: a second sample was entered with it and compared."
TARGET = """\
{state}
# Every field is named by its visible label.
# `slowest_commit_s` is a guess: set the longest time that this system takes to save a record.
"""
BOT = '''\
"""The bot {name} enters each item in {target}, exactly once."""

{imports}


{models}


@bot(queue="{target}", target="{target}")
def {name}(item: {model}, run: Run) -> Receipt:
    """Enter one item in {target}, exactly once."""
    return run.effect("enter", item, key="{reference}", find=find_record, do=enter_record)
'''
README = """\
# {name}

Enters each item in the target `{target}`, exactly once: the bot looks it up by `{reference}` before
and after the entry. The recorded description of the pages is `config/targets/{target}/target.yaml`.
"""
DECIMAL = "from decimal import Decimal"
CLERKWORK = "from clerkwork import Receipt, Run, bot, enter_record, find_record"


class _Text(str):
    """A value that is a text, even if it looks like a number or a day."""

    __slots__ = ()


def password_variable(name: str) -> str:
    """Return the name of the environment variable for the target's password."""
    return f"CLERKWORK_{name.upper()}_PASSWORD"


def target_text(name: str, base_url: str, description: Description) -> str:
    """Return the text of the target's ``target.yaml``."""
    keys: dict[str, Any] = {"name": name, "base_url": base_url}
    if description.username:
        keys |= {"username": description.username, "password": f"${{{password_variable(name)}}}"}
    keys |= {"slowest_commit_s": 10.0, **description.keys}
    return TARGET.format(state=UNVERIFIED) + _yaml(keys)


def mark_verified(root: Path, name: str) -> None:
    """Note in the target's file that it was verified with a second sample."""
    file = _folders(root, name)[0] / "target.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(UNVERIFIED, VERIFIED, 1), encoding="utf-8")


def bot_text(name: str, payload: Mapping[str, Any], description: Description) -> str:
    """Return the source of the bot whose items look like *payload*."""
    words = _words(description.keys["form"])
    reference = description.keys["form"]["reference"]
    texts = {**payload, reference: _Text(payload[reference])}  # references are compared as texts
    models = list(_models(_class_name(name), texts, words))
    source = "\n\n\n".join(models)
    return BOT.format(
        name=name,
        target=name,
        model=_class_name(name),
        models=source,
        imports=_imports(source),
        reference=reference,
    )


def write(
    root: Path, name: str, base_url: str, payload: Mapping[str, Any], description: Description
) -> list[Path]:
    """Write the target and the bot *name* into the project in *root*, and return their files."""
    target, package = _folders(root, name)
    case = json.dumps(payload, ensure_ascii=False, indent=2) + "\n"
    names = {
        "name": name,
        "target": name,
        "reference": description.keys["form"]["reference"],
    }
    texts = {
        target / "target.yaml": target_text(name, base_url, description),
        target / "fingerprints.yaml": HEAD + _yaml(_prints(description)),
        package / "__init__.py": f'"""Enters items in {name}; see README.md."""\n',
        package / "bot.py": bot_text(name, payload, description),
        package / "README.md": README.format(**names),
        package / "samples" / "recorded.json": case,
    }
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return list(texts)


def refuse_present(root: Path, name: str) -> None:
    """Check that a target and a bot *name* can be written.

    Raises:
        UsageError: One of them exists, or *name* is not a valid name.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise UsageError(f"{name!r} is not a valid name; use lower-case letters, digits and _")
    for folder in _folders(root, name):
        if folder.exists():
            shown = folder.relative_to(root)
            raise UsageError(f"{shown} exists; choose another name with --name, or remove it")


def _folders(root: Path, name: str) -> tuple[Path, Path]:
    return root / "config" / "targets" / name, root / "bots" / name


def _prints(description: Description) -> dict[str, Any]:
    return {
        words: seen.model_dump(mode="json", exclude_defaults=True)
        for words, seen in description.fingerprints.items()
    }


def _yaml(data: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=100))


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _words(form: Mapping[str, Any]) -> dict[str, str]:
    """Return the label of each value on the page."""
    written = form["fields"] | form.get("lines", {}).get("fields", {})
    return {part: key if isinstance(key, str) else key["words"] for part, key in written.items()}


def _imports(source: str) -> str:
    """Return the imports that *source* needs, in the order that linters want."""
    lines = [
        line
        for name, line in (("date", "from datetime import date"), ("Decimal", DECIMAL))
        if re.search(rf": (list\[)?{name}\b", source)
    ]
    lines += [""] if lines else []
    lines += ["from pydantic import BaseModel, ConfigDict, Field", "", CLERKWORK]
    return "\n".join(lines)


def _models(
    name: str,
    payload: Mapping[str, Any],
    words: Mapping[str, str],
    doc: str = "One item, as recorded.",
) -> Iterator[str]:
    """Yield the source of a model for *payload*, after the models that it needs."""
    lines = [
        f"class {name}(BaseModel):",
        f'    """{doc}"""',
        "",
        '    model_config = ConfigDict(extra="forbid")',
        "",
    ]
    for part, value in payload.items():
        if not part.isidentifier():
            raise UsageError(f"the sample's key {part!r} is not an identifier; rename it")
        kind = _type(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = f"{name}{_class_name(part).removesuffix('s')}"
            yield from _models(inner, value[0], words, f"One of the {part} of an item.")
            kind = f"list[{inner}]"
        elif isinstance(value, dict | list):
            raise UsageError(f"the sample's {part} is nested too deeply; a form has one grid level")
        title = json.dumps(words.get(part, part.replace("_", " ")), ensure_ascii=False)
        lines.append(f"    {part}: {kind} = Field(title={title})")
    yield "\n".join(lines)


def _type(value: Any) -> str:
    """Return the name of a value's type, with texts that look like days or numbers as such."""
    if isinstance(value, bool | _Text):
        return "bool" if isinstance(value, bool) else "str"
    text = str(value)
    try:
        date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return "date"
    if isinstance(value, int | float) or re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text):
        return "Decimal"
    return "str"
