"""Checks all files that operations and IT write, and collects all their problems.

Bots, sources and readers are loaded by other packages; the caller passes them in.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from clerkwork.config.files.calendars import read_calendars
from clerkwork.config.files.master_data import read_master_file
from clerkwork.config.files.targets import read_targets
from clerkwork.config.files.templates import read_templates
from clerkwork.config.files.thresholds import read_thresholds
from clerkwork.config.files.workflows import read_workflows
from clerkwork.config.files.yaml_files import Place, YamlFile
from clerkwork.config.settings import read_settings
from clerkwork.errors import ConfigError
from clerkwork.model.bots import Bot
from clerkwork.model.project.sources import InboxKeys
from clerkwork.model.project.workflows import Workflow


def check_all(
    root: Path,
    bots: Mapping[str, Bot],
    found_problems: Sequence[ConfigError] = (),
    *,
    model: type[Workflow],
    reads: Mapping[str, type[BaseModel]],
) -> list[ConfigError]:
    """Return every problem of `config/`, `workflows/`, `bots/` and `extensions/` of *root*.

    Args:
        root: The project's folder.
        bots: The bots that could be loaded.
        found_problems: The problems of the bots and extensions that could not be loaded.
        model: ``Workflow`` with the keys of all sources.
        reads: The model that each reader returns, by name; without the readers of any model.
    """
    _, problems = read_settings(root)
    targets, wrong_targets = read_targets(root)
    workflows, wrong_workflows = read_workflows(root, model)
    _, wrong_calendars = read_calendars(root)
    _, wrong_thresholds = read_thresholds(root)
    _, _, wrong_master = read_master_file(root)
    _, wrong_templates = read_templates(root)
    problems += [
        *wrong_targets,
        *wrong_calendars,
        *wrong_thresholds,
        *wrong_master,
        *wrong_templates,
        *wrong_workflows,
        *found_problems,
    ]
    for workflow, file in workflows.values():
        problems += _bot_problems(workflow, file, bots, targets, incomplete=bool(wrong_targets))
        problems += _first_bot_problems(workflow, file, bots, reads)
        problems += _chain_problems(workflow, file, bots, workflows)
    return problems


def _bot_problems(
    workflow: Workflow,
    file: YamlFile,
    bots: Mapping[str, Bot],
    targets: Collection[str],
    *,
    incomplete: bool,
) -> list[ConfigError]:
    problems = []
    for position, step in enumerate(workflow.steps):
        place: Place = ("steps", position, "bot")
        if step.bot is None:
            continue
        if step.bot not in bots:
            known = ", ".join(sorted(bots)) or "none"
            text = f"there is no bot `{step.bot}`; known: {known}"
            problems.append(file.problem(place, text))
            continue
        target = workflow.target or bots[step.bot].target
        if bots[step.bot].target and target not in targets and not incomplete:
            problem = "there is no target"
            if workflow.target is None:
                problem = f"the bot `{step.bot}` needs the target"
            where = place if workflow.target is None else ("target",)
            text = f"{problem} `{target}`; write config/targets/{target}/target.yaml"
            problems.append(file.problem(where, text))
    return problems


def _first_bot_problems(
    workflow: Workflow,
    file: YamlFile,
    bots: Mapping[str, Bot],
    reads: Mapping[str, type[BaseModel]],
) -> list[ConfigError]:
    """Return the problems of a workflow or reader that does not match the first bot's model."""
    first = bots.get(workflow.steps[0].bot or "")
    if first is None:
        return []
    problems = []
    known = ", ".join(first.takes.model_fields)
    for key in ("reference", "group_key"):
        field: Any = getattr(workflow, key)
        if field is not None and field not in first.takes.model_fields:
            text = f"`{key}` is {field!r}, but the bot `{first.name}` takes {known}; name one"
            problems.append(file.problem([key], text))
    for key, keys in workflow.sources.items():
        gives = reads.get(keys.reader) if isinstance(keys, InboxKeys) else None
        if isinstance(keys, InboxKeys) and gives is not None and first.takes is not gives:
            text = f"the reader `{keys.reader}` returns {gives.__name__}, but the bot "
            text += f"`{first.name}` takes {first.takes.__name__}; use another reader or bot"
            problems.append(file.problem([key, "reader"], text))
    return problems


def _chain_problems(
    workflow: Workflow,
    file: YamlFile,
    bots: Mapping[str, Bot],
    workflows: Mapping[str, tuple[Workflow, YamlFile]],
) -> list[ConfigError]:
    problems = []
    for position, step in enumerate(workflow.steps[1:], start=1):
        before = bots.get(workflow.steps[position - 1].bot or "")
        name = step.bot
        if step.submit in workflows:
            name = workflows[str(step.submit)][0].steps[0].bot
        after = bots.get(name or "")
        if before is None or after is None or before.gives is after.takes:
            continue
        gives = before.gives.__name__ if before.gives else "nothing"
        text = f"the bot `{before.name}` returns {gives}, but `{after.name}` takes "
        problems.append(file.problem(["steps", position], text + after.takes.__name__))
    return problems
