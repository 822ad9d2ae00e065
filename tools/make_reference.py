"""Writes ``docs/reference/`` from the code: settings, YAML keys, commands, reason codes, KPIs.

Run ``python tools/make_reference.py`` after a change of any of them. With ``--check``, it writes
nothing and exits with status 1 if a file is out of date.
"""

import inspect
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from typer.core import TyperArgument, TyperOption

from clerkwork.cli.main import application
from clerkwork.config.settings import Settings
from clerkwork.insight.kpi import Kpi, find_kpis
from clerkwork.insight.measures import ItemFilter
from clerkwork.intake.extensions import shipped
from clerkwork.model.documents.master_data import MasterFile
from clerkwork.model.project.calendars import Calendar
from clerkwork.model.project.document_templates import Template
from clerkwork.model.project.targets import Target
from clerkwork.web.runbook import entries

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
WRITTEN = "<!-- Written by tools/make_reference.py; change the descriptions in the code. -->"
FILES: dict[str, type[BaseModel]] = {
    "workflows/*.yaml": shipped().workflow,
    "config/targets/*/target.yaml": Target,
    "config/calendars/*.yaml": Calendar,
    "config/templates/*.yaml": Template,
    "config/master_data.yaml": MasterFile,
}
PLAIN = {date: "day", str: "text", int: "whole number", float: "number", bool: "true or false"}


def pages() -> dict[str, str]:
    """Return the text of every reference page by file name."""
    return {
        "settings.md": settings_page(),
        "workflows.md": workflows_page(),
        "commands.md": commands_page(),
        "codes.md": codes_page(),
        "kpis.md": kpis_page(),
    }


def codes_page() -> str:
    """Return the page of all reason codes, in both languages."""
    lines = [
        "<!-- Written by tools/make_reference.py; change clerkwork/web/codes.yaml. -->",
        "# Reason codes",
        "",
        "Why an item waits or went to a person, and what to do about it. The review and item pages "
        "of the console show it, and its page `/runbook`, in English or 中文. A bot may give codes "
        "of its own.",
        "",
        "| code | what it means | what to do |",
        "|---|---|---|",
    ]
    for code, english in entries("en").items():
        chinese = entries("zh")[code]
        meaning = f"{english.meaning}<br>{chinese.meaning}"
        lines.append(f"| `{code}` | {meaning} | {english.action}<br>{chinese.action} |")
    return "\n".join([*lines, ""])


def kpis_page() -> str:
    """Return the page of all KPIs."""
    lines = [
        "<!-- Written by tools/make_reference.py; change the files in clerkwork/insight/kpis/. -->",
        "# KPIs",
        "",
        "The console's page Metrics, `clerkwork metrics` and the exports show each of them for the "
        "items that arrived in the chosen time. The window is the time that a value covers where "
        "nobody chooses one, such as on the page Today. A value without a denominator is a total "
        "or a median of the numerator.",
        "",
        "| name | title | meaning | numerator | denominator | unit | better | window |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kpi in find_kpis().values():
        denominator = " or ".join(_items(each) for each in kpi.denominator)
        lines.append(
            f"| `{kpi.name}` | {_cell(kpi.title)}<br>{kpi.title_zh} | {_cell(kpi.meaning)} "
            f"| {_measured(kpi)} | {denominator or 'none'} | {kpi.unit} | {kpi.better} "
            f"| {kpi.window_days} {'day' if kpi.window_days == 1 else 'days'} |"
        )
    return "\n".join([*lines, ""])


def _measured(kpi: Kpi) -> str:
    what = kpi.measure.__name__.replace("_", " ")
    return f"{what} of: {_items(kpi.numerator)}"


def _items(chosen: ItemFilter) -> str:
    values = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
    said = [
        f"{name} {'yes' if value is True else 'no' if value is False else value}"
        for name, value in values.items()
        if value is not None
    ]
    return ", ".join(said) or "all items"


def settings_page() -> str:
    """Return the page of all settings."""
    lines = [
        WRITTEN,
        "# Settings",
        "",
        "They stand in `config/default.toml`. `config/<environment>.toml` goes before it when the "
        "variable `CLERKWORK_ENVIRONMENT` names one, and a variable of its own goes before both: "
        "`CLERKWORK_` and the path with `__`, such as `CLERKWORK_STORE__URL`. An unknown key is an "
        "error.",
    ]
    for name, section in Settings.model_fields.items():
        lines += ["", f"## `[{name}]`", "", _summary(section.annotation), ""]
        lines += _table(_model(section.annotation), "", f"CLERKWORK_{name.upper()}__")
    return "\n".join(lines) + "\n"


def workflows_page() -> str:
    """Return the page of all keys of workflow and target files."""
    lines = [
        WRITTEN,
        "# Workflow, target, calendar, template and master data files",
        "",
        "A workflow is one file in `workflows/`, a calendar one in `config/calendars/`, a "
        "template of documents one in `config/templates/`, each "
        "called like its `name`; a target is a folder of its name in `config/targets/` with a "
        "`target.yaml`. An unknown key is an error; "
        "`clerkwork check` names file and line. In target files `${VARIABLE}` and "
        "`${VARIABLE:-default}` are taken from the environment.",
    ]
    for title, model in FILES.items():
        lines += ["", f"## `{title}`", "", _table_heading(), *_rows(model, "")]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Return the page of all commands."""
    lines = [WRITTEN, "# Commands", "", inspect.cleandoc(_root().help or "")]
    lines += _parameters(_root())
    for path, command in all_commands():
        lines += ["", f"## `{path}`", "", inspect.cleandoc(command.help or ""), ""]
        lines += ["```", _usage(path, command), "```", *_parameters(command)]
    return "\n".join(lines) + "\n"


def all_commands() -> Iterator[tuple[str, Any]]:
    """Yield every command and command group, with the words to type for it."""
    yield from _below("clerkwork", _root())


def keys_of(model: type[BaseModel], start: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every key of a model with its path, then the keys of the models inside it."""
    for name, info in model.model_fields.items():
        path = f"{start}{name}"
        inner, many = _inner(info.annotation)
        yield path + many, info
        if inner is not None:
            yield from keys_of(inner, f"{path}{many}.")


def _root() -> Any:
    return typer.main.get_command(application())


def _below(path: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from _below(f"{path} {name}", command)


def _usage(path: str, command: Any) -> str:
    parts = [path]
    if hasattr(command, "commands"):
        shown = [name for name, part in command.commands.items() if not part.hidden]
        return f"{path} {'|'.join(shown)}"
    if any(isinstance(parameter, TyperOption) for parameter in command.params):
        parts.append("[OPTIONS]")
    parts += [_shown(parameter) for parameter in command.params if _is_argument(parameter)]
    return " ".join(parts)


def _parameters(command: Any) -> list[str]:
    rows = [
        f"| `{_cell(_shown(parameter))}` | {_cell(parameter.help or '')} |"
        for parameter in command.params
        if getattr(parameter, "help", None) and parameter.name != "help"
    ]
    return ["", "| argument or option | meaning |", "|---|---|", *rows] if rows else []


def _shown(parameter: Any) -> str:
    if _is_argument(parameter):
        text = str(parameter.metavar or parameter.name.upper())
        return text if parameter.required or text.startswith("[") else f"[{text}]"
    flags = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return flags if parameter.is_flag else f"{flags} {parameter.metavar or 'VALUE'}"


def _is_argument(parameter: Any) -> bool:
    return isinstance(parameter, TyperArgument)


def _table(model: type[BaseModel], start: str, variable: str) -> list[str]:
    heading = "| key | variable | value | default | meaning |\n|---|---|---|---|---|"
    rows = [
        f"| `{start}{name}` | `{variable}{name.upper()}` | {_kind(info.annotation)} "
        f"| {_default(info)} | {_cell(info.description or '')} |"
        for name, info in model.model_fields.items()
    ]
    return [heading, *rows]


def _table_heading() -> str:
    return "| key | value | default | meaning |\n|---|---|---|---|"


def _rows(model: type[BaseModel], start: str) -> list[str]:
    return [
        f"| `{path}` | {_kind(info.annotation)} | {_default(info)} "
        f"| {_cell(info.description or '')} |"
        for path, info in keys_of(model, start)
    ]


def _kind(annotation: Any) -> str:
    """Return a description of the values that this type allows."""
    annotation = _bare(annotation)
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) is list:
        return "list"
    if annotation is SecretStr:
        return "secret"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "keys below"
    return PLAIN.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return "as below"
    if isinstance(value, SecretStr) or value in (None, ""):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (types.UnionType, typing.Union):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """Return the model in a list, a dictionary or on its own, and the suffix of its path."""
    bare = _bare(annotation)
    marks: dict[Any, str] = {list: "[]", dict: ".NAME"}
    many = marks.get(get_origin(bare), "")
    inner = _bare(get_args(bare)[-1]) if many else bare
    is_model = isinstance(inner, type) and issubclass(inner, BaseModel)
    return (inner if is_model else None), many


def _model(annotation: Any) -> type[BaseModel]:
    model, _ = _inner(annotation)
    if model is None:
        raise TypeError(f"{annotation} is not a section of settings")
    return model


def _summary(annotation: Any) -> str:
    return inspect.cleandoc(_model(annotation).__doc__ or "").split("\n")[0]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write the pages, or only check that they are up to date; return the exit status."""
    stale = [
        name
        for name, text in pages().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        print("stale:", ", ".join(stale) or "nothing")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(pages()[name], "utf-8")
        print("wrote", FOLDER / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
