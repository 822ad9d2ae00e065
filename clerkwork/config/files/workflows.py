"""Reads the workflows: one YAML file each, with the workflow's name.

The caller passes in the model, because only ``intake`` knows which sources and readers exist.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from clerkwork.config.files.calendars import read_calendars
from clerkwork.config.files.yaml_files import Place, YamlFile, read_named
from clerkwork.config.times.fire_times import Due
from clerkwork.errors import ConfigError
from clerkwork.model.project.calendars import Calendar
from clerkwork.model.project.sources import InboxKeys
from clerkwork.model.project.workflows import Workflow

Read = tuple[dict[str, tuple[Workflow, YamlFile]], list[ConfigError]]


def load_workflows(root: Path, model: type[Workflow]) -> dict[str, Workflow]:
    """Return the workflows of the project in *root* by name.

    Args:
        root: The project's folder.
        model: ``Workflow`` with the keys of the sources that the files may name.

    Raises:
        ConfigError: The first problem found in ``workflows/*.yaml``.
    """
    found, problems = read_workflows(root, model)
    if problems:
        raise problems[0]
    return {name: workflow for name, (workflow, _) in found.items()}


def workflow_schema(model: type[Workflow]) -> dict[str, Any]:
    """Return the JSON Schema of a workflow file, for editors that complete and check."""
    schema = model.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_workflows(root: Path, model: type[Workflow]) -> Read:
    """Return each readable workflow with its file, and all problems of all workflow files."""
    read, problems = read_named(model, root / "workflows", root)
    found: dict[str, tuple[Workflow, YamlFile]] = {**read}
    calendars, _ = read_calendars(root)
    for workflow, file in found.values():
        problems += _source_problems(workflow, file)
        problems += _schedule_problems(workflow, file, calendars)
        problems += _hand_over_problems(workflow, file, found)
    problems += _shared_folders(found)
    return found, problems


def _source_problems(workflow: Workflow, file: YamlFile) -> list[ConfigError]:
    problems = []
    looked_at = [key for key, keys in workflow.sources.items() if keys.looked_at]
    if workflow.schedule is not None and not looked_at:
        text = "`schedule` needs a `source` to read; add a source or remove the schedule"
        problems.append(file.problem(["schedule"], text))
    for key, keys in workflow.sources.items():
        if isinstance(keys, InboxKeys):
            problems += _inbox_problems(key, keys, file)
        if keys.fills_inbox and workflow.inbox is None:
            text = f"`{key}` needs a `source` whose folder receives its files; add a source"
            problems.append(file.problem([key], text))
        if keys.needs_schedule and workflow.schedule is None:
            text = f"`{key}` needs a `schedule` that says when to read it; add one"
            problems.append(file.problem([key], text))
    return problems


def _inbox_problems(key: str, keys: InboxKeys, file: YamlFile) -> list[ConfigError]:
    problems = []
    folder = PurePosixPath(keys.folder)
    if folder.is_absolute() or ".." in folder.parts or not folder.parts:
        text = f"`{key}.folder` must be a folder inside the project's inbox, such as `orders`"
        problems.append(file.problem([key, "folder"], text))
    for name in keys.reader_keys:
        if name != keys.reader:
            text = f"`{key}.{name}` is for the reader `{name}`, but `reader` is `{keys.reader}`"
            problems.append(file.problem([key, name], f"{text}; remove one of them"))
    return problems


def _schedule_problems(
    workflow: Workflow, file: YamlFile, calendars: Mapping[str, Calendar]
) -> list[ConfigError]:
    if workflow.schedule is None:
        return []
    try:
        Due(workflow.schedule, calendars)
    except ValueError as error:
        message = " ".join(str(error).split())
        known = {"time zone": "timezone", "no calendar": "calendar"}
        place = next((key for words, key in known.items() if words in message), "cron")
        return [file.problem(["schedule", place], f"`schedule`: {message}")]
    return []


def _hand_over_problems(
    workflow: Workflow, file: YamlFile, found: Mapping[str, tuple[Workflow, YamlFile]]
) -> list[ConfigError]:
    problems = []
    if workflow.steps[0].submit is not None:
        problems.append(file.problem(["steps", 0], "the first step must be a bot"))
    for position, step in enumerate(workflow.steps):
        place: Place = ("steps", position, "submit")
        if step.submit is not None and step.submit not in found:
            known = ", ".join(sorted(found)) or "none"
            text = f"there is no workflow `{step.submit}`; known: {known}"
            problems.append(file.problem(place, text))
        elif step.submit is not None and _reaches(step.submit, workflow.name, found):
            text = f"`{step.submit}` submits items to `{workflow.name}` again: an endless loop"
            problems.append(file.problem(place, f"{text}; remove one `submit`"))
    return problems


def _reaches(start: str, goal: str, found: Mapping[str, tuple[Workflow, YamlFile]]) -> bool:
    names = [start]
    for name in names:  # the list grows during the loop
        if name == goal:
            return True
        if name in found:
            steps = found[name][0].steps
            names += [step.submit for step in steps if step.submit and step.submit not in names]
    return False


def _shared_folders(found: Mapping[str, tuple[Workflow, YamlFile]]) -> list[ConfigError]:
    problems = []
    first: dict[tuple[PurePosixPath, str], str] = {}
    for name, (workflow, file) in found.items():
        if workflow.inbox is None:
            continue
        key = (PurePosixPath(workflow.inbox.folder), workflow.inbox.pattern)
        other = first.setdefault(key, name)
        if other != name:
            text = f"the workflow `{other}` reads the same files; change `folder` or `pattern`"
            problems.append(file.problem(["source", "folder"], text))
    return problems
