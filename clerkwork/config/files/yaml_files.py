"""Reads YAML files into pydantic models; every problem names its line.

Only plain data is loaded. Anchors and aliases are refused: these short files do not need them, and
a few lines of aliases can expand to gigabytes.
"""

import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from clerkwork.errors import ConfigError

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]
LARGEST_BYTES = 1_000_000
DEEPEST = 50
TIMESTAMP = "tag:yaml.org,2002:timestamp"
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFile:
    """A YAML file as plain data with line numbers.

    Attributes:
        name: The file's path, relative to the project.
        data: The content: dictionaries, lists, texts, numbers, booleans, None.
        lines: The line of each place, from 1; a value in a dictionary has the line of its key.
    """

    name: str
    data: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Iterable[str | int]) -> int:
        """Return the line of *place*, or of the nearest enclosing place that the file has."""
        place = tuple(place)
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Iterable[str | int], text: str) -> ConfigError:
        """Return an error that points at *place*."""
        return ConfigError(self.name, text, self.line(place))


def read_yaml(file: Path, root: Path) -> YamlFile:
    """Return the content of *file*, named relative to *root*.

    Raises:
        ConfigError: The file cannot be read, is not YAML, is too large, or names a key twice.
    """
    name = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise ConfigError(name, f"is larger than {LARGEST_BYTES} bytes; split it")
        text = file.read_bytes().decode("utf-8-sig")
        return _load(text, name)
    except OSError as error:
        raise ConfigError(name, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(name, f"is not UTF-8 text (byte {error.start}); save it so") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ConfigError(name, f"is not valid YAML: {error.problem}", line) from None
    except (yaml.YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise ConfigError(name, f"is not valid YAML: {problem}") from None


def _load(text: str, name: str) -> YamlFile:
    _refuse_tricks(text, name)
    node = yaml.compose(text, yaml.SafeLoader)
    if node is None:
        return YamlFile(name=name, data={})
    lines: dict[Place, int] = {}
    _index(node, (), lines, name)
    return YamlFile(name=name, data=yaml.load(text, _Loader), lines=lines)  # noqa: S506 - a SafeLoader


class _Loader(yaml.SafeLoader):
    """Keeps an impossible date as text, so that the model reports it with its line."""


def _timestamp(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_Loader.add_constructor(TIMESTAMP, _timestamp)


def _refuse_tricks(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else None
        if depth > DEEPEST:
            raise ConfigError(name, f"is nested more than {DEEPEST} levels deep; flatten it", line)
        if getattr(event, "anchor", None) is not None:
            raise ConfigError(
                name, "anchors and aliases are not allowed; write the values out", line
            )


def _index(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for position, part in enumerate(node.value):
            _index(part, (*place, position), lines, name)
    if isinstance(node, yaml.MappingNode):
        for key, part in node.value:
            line = key.start_mark.line + 1
            inner = (*place, str(key.value))
            if inner in lines:
                text = f"the key `{key.value}` is already in line {lines[inner]}; remove one"
                raise ConfigError(name, text, line)
            lines[inner] = line
            _index(part, inner, lines, name)


def expanded(file: YamlFile, environment: Mapping[str, str]) -> tuple[YamlFile, list[ConfigError]]:
    """Return *file* with each ``${VARIABLE}`` replaced, and a problem for each unset variable.

    ``${VARIABLE:-default}`` is never a problem.
    """
    problems: list[ConfigError] = []

    def fill(value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return {key: fill(part, (*place, str(key))) for key, part in value.items()}
        if isinstance(value, list):
            return [fill(part, (*place, position)) for position, part in enumerate(value)]
        return VARIABLE.sub(lambda match: lookup(match, place), value) if _text(value) else value

    def lookup(match: re.Match[str], place: Place) -> str:
        variable, default = match[1], match[3]
        found = environment.get(variable, default)
        if found is None:
            text = f"the environment variable {variable} is not set; set it before you start"
            problems.append(file.problem(place, text))
        return found or ""

    data = fill(file.data, ())
    return YamlFile(name=file.name, data=data, lines=file.lines), problems


def _text(value: Any) -> bool:
    return isinstance(value, str)


def parse(model: type[M], file: YamlFile) -> tuple[M | None, list[ConfigError]]:
    """Return *file* as a *model*, or None and all its problems in the order of lines."""
    if not isinstance(file.data, dict):
        return None, [ConfigError(file.name, "write `key: value` lines", 1)]
    try:
        return model.model_validate(file.data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = [file.problem(detail["loc"], _sentence(model, detail)) for detail in details]
    return None, sorted(problems, key=lambda problem: problem.line or 0)


def read_named(
    model: type[M], folder: Path, root: Path
) -> tuple[dict[str, tuple[M, YamlFile]], list[ConfigError]]:
    """Return each readable file of *folder* as a *model* by name, and the problems of all files.

    The file of a model with the name ``a`` is ``a.yaml``.
    """
    found: dict[str, tuple[M, YamlFile]] = {}
    problems: list[ConfigError] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            file = read_yaml(path, root)
        except ConfigError as error:
            problems.append(error)
            continue
        if path.suffix != ".yaml":
            problems.append(ConfigError(file.name, f"rename it to {path.stem}.yaml"))
        value, wrong = parse(model, file)
        problems += wrong
        if value is None:
            continue
        found[path.stem] = (value, file)
        if file.data["name"] != path.stem:
            name = file.data["name"]
            text = f"`name` is {name!r} but the file is {path.name}; make them the same"
            problems.append(file.problem(["name"], text))
    return found, problems


def read_shipped_and_own(
    model: type[M], shipped: Path, root: Path, folder: Path
) -> tuple[dict[str, M], list[ConfigError]]:
    """Return the models of *shipped* and of *folder* in the project *root* by name, and problems.

    A file of the project replaces a shipped one with the same name.
    """
    known, problems = read_named(model, shipped, shipped)
    own, wrong = read_named(model, root / folder, root)
    return {name: value for name, (value, _) in (known | own).items()}, problems + wrong


def _sentence(model: type[BaseModel], detail: ErrorDetails) -> str:
    place = detail["loc"]
    key = ".".join(str(part) for part in place)
    if detail["type"] == "extra_forbidden":
        return _unknown(str(place[-1]), _annotation(model, place[:-1]))
    if detail["type"] == "missing":
        return f"the key `{key}` is missing; add it"
    message = detail["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    annotation = _annotation(model, place)
    found = detail["input"]
    if annotation is SecretStr or isinstance(found, dict | list):
        return f"`{key}`: {message}" if key else message
    return f"`{key}`: {message}, found {found!r}"


def _unknown(key: str, annotation: Any) -> str:
    known = list(annotation.model_fields) if _is_model(annotation) else []
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return f"unknown key `{key}`, known keys are {', '.join(known)}{hint}"


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _annotation(model: type[BaseModel], place: Place) -> Any:
    """Return the type at *place* in *model*, or Any if it is not known."""
    here: Any = model
    for part in place:
        if isinstance(part, int):
            here = next(iter(get_args(here)), Any)
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        elif _is_model(here) and part in here.model_fields:
            here = here.model_fields[part].annotation
        elif get_origin(here) is dict:
            here = get_args(here)[-1]
        else:
            return Any
        here = _bare(here)
    return here


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (types.UnionType, typing.Union):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return _bare(parts[0]) if len(parts) == 1 else Any
    return annotation
