"""Record one entry in a system; write a target and a bot that enter others."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from clerkwork.cli import project
from clerkwork.cli.groups import Panel
from clerkwork.errors import ClerkworkError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clerkwork.browser.process.host import BrowserHost
    from clerkwork.browser.recorder.describe import Description
    from clerkwork.model.project.targets import Target

panel = Panel.SET_UP


def command(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Address of the system's first page.")],
    name: Annotated[str, typer.Option(help="Name of the new target and bot.")],
    sample: Annotated[
        Path, typer.Option(help="JSON file of the item that you enter during the recording.")
    ],
    second: Annotated[Path, typer.Option(help="JSON file of a second item, for the replay.")],
    script: Annotated[
        Path | None,
        typer.Option("--from", help="Use this script of Playwright's recorder instead."),
    ] = None,
) -> None:
    """Record an entry on a test system, then prove it by entering a second item.

    Log in, enter exactly the values of the sample, save, look the record up by its reference, open
    it and close the window. Each value of the sample marks a field. The second item is entered with
    the new target description and compared with the record that the system shows.
    """
    from clerkwork.browser.process.host import BrowserHost
    from clerkwork.browser.recorder import write
    from clerkwork.browser.recorder.sample import differing_keys
    from clerkwork.config.settings import load_settings
    from clerkwork.discover import load_bots

    root = project.find_root(context)
    settings = load_settings(root)
    load_bots(root)  # before the browser's process starts, so that it can load the new bot
    first, other = _payload(sample), _payload(second)
    if keys := differing_keys(first, other):
        raise UsageError(
            f"{sample} and {second} are not items of the same kind: only one of them has"
            f" {', '.join(keys)}"
        )
    base_url = _base(url)
    write.refuse_present(root, name)
    text = _recorded(url, script, settings.browser.executable)
    host = BrowserHost(settings.browser, root / settings.folders.evidence, root=root)
    try:
        description = _description(host, name, base_url, text, script, first)
        for file in write.write(root, name, base_url, first, description):
            typer.echo(f"Wrote {file.relative_to(root)}")
        for path in description.missing:
            typer.echo(f"Not on the form: {path}")
        _prove(host, root, name, other, description)
    finally:
        host.close()


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise UsageError(f"{url} is not an address; write it with http:// or https://")
    return f"{parts.scheme}://{parts.netloc}"


def _payload(file: Path) -> dict[str, Any]:
    text = _text(file)
    try:
        payload = json.loads(text, parse_float=str)
    except ValueError as error:
        raise UsageError(f"{file} is not JSON: {error}") from None
    if not isinstance(payload, dict) or not payload:
        raise UsageError(f"{file} contains no item; write an object with the item's fields")
    return payload


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} cannot be read: it is not UTF-8 text") from None


def _recorded(url: str, script: Path | None, setting: str) -> str:
    from playwright.sync_api import sync_playwright

    from clerkwork.browser.process import executable
    from clerkwork.browser.recorder import codegen

    if script is not None:
        return _text(script)
    codegen.require_display(os.environ)
    with sync_playwright() as playwright:
        found = executable.find(setting, lambda: playwright.chromium.executable_path)
    typer.echo("Recording. Enter the sample, look it up, open it, then close the window.")
    return codegen.record(url, executable=found.path)


def _description(
    host: "BrowserHost",
    name: str,
    base_url: str,
    text: str,
    script: Path | None,
    payload: dict[str, Any],
) -> "Description":
    from clerkwork.browser.recorder.describe import describe
    from clerkwork.browser.recorder.plan import plan_recording
    from clerkwork.browser.recorder.sample import parts_of
    from clerkwork.browser.recorder.script import read_script
    from clerkwork.browser.recorder.walk import walk
    from clerkwork.model.project.targets import Target

    parts = parts_of(payload)
    plan = plan_recording(read_script(text, str(script or "the recording")), parts)
    walked = host.call(Target(name=name, base_url=base_url), walk, plan)
    return describe(walked, parts, plan.reference)


def _prove(
    host: "BrowserHost",
    root: Path,
    name: str,
    payload: dict[str, Any],
    description: "Description",
) -> None:
    from pydantic import ValidationError

    from clerkwork.browser.recorder.replay import replay
    from clerkwork.browser.recorder.write import mark_verified, password_variable
    from clerkwork.discover import load_bots

    target = _target(root, name, {**os.environ, password_variable(name): description.password})
    try:
        item = load_bots(root)[name].takes.model_validate(payload)
        receipt = replay(host, target, item)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise UsageError(f"the second sample's {where}: {problem['msg']}") from None
    except ClerkworkError:
        typer.echo("The new target is not proved: the second sample was not entered correctly.")
        raise
    mark_verified(root, name)
    typer.echo(f"Replayed: {receipt.reference} is in {name} as {receipt.confirmation}.")
    if description.password:
        typer.echo(
            f"Set {password_variable(name)} to the password on each host where this bot runs."
        )


def _target(root: Path, name: str, environment: "Mapping[str, str]") -> "Target":
    """Return the target *name*; what the others need, such as their passwords, is not asked for."""
    from clerkwork.config.files.targets import read_targets

    found, problems = read_targets(root, environment)
    if name not in found:
        raise problems[0]
    return found[name][0]
