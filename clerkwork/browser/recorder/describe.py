"""Builds a target's description from a replayed recording and the values of the sample."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from clerkwork.browser.locate.text_similarity import similarity
from clerkwork.browser.recorder.plan import paths_with_value
from clerkwork.browser.recorder.sample import day_format
from clerkwork.browser.recorder.walk import RecordedControl, RecordLookup, ReplayedPath
from clerkwork.errors import UsageError
from clerkwork.model.project.locators import Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The description of a target that a recording yields.

    Attributes:
        keys: The keys ``login``, ``search`` and ``form`` of its ``target.yaml``.
        username: The user name of the login; empty if there was no login.
        password: The password of the login; it is never saved.
        fingerprints: The fingerprints of its fields, by label.
        missing: The paths of sample values that the form does not show.
    """

    keys: dict[str, Any]
    username: str = ""
    password: str = field(default="", repr=False)
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def describe(replayed: ReplayedPath, parts: Mapping[str, str], reference: str) -> Description:
    """Return the description of a target.

    Args:
        replayed: The controls that the replay of the recording found.
        parts: The values of the sample, by path.
        reference: Path of the value that identifies the record.

    Raises:
        UsageError: A field was filled with a text that is not a value of the sample, or that is
            several values.
    """
    login, rest = _login(replayed.before)
    fields = _assigned([*_entered(rest), *replayed.computed], parts)
    head = {path: control for path, control in fields.items() if "." not in path}
    cells = {path: control for path, control in fields.items() if "." in path}
    first = next((control for control in rest if control.kind == "field"), None)
    if first is None:
        raise UsageError("the recording fills no field of a form")
    form: dict[str, Any] = {"reference": reference, "address": first.place}
    if leading := _leading(rest, first):
        form["open"] = leading
    form["fields"] = {path: _key(control, parts[path]) for path, control in head.items()}
    if cells:
        form["lines"] = _grid(cells, rest, parts)
    form |= {"submit": list(replayed.submit), "confirmation": replayed.lookup.own}
    keys = {"search": _search(replayed.lookup), "form": form}
    return Description(
        keys={"login": _login_keys(login), **keys} if login else keys,
        username=login[0].value if login else "",
        password=next((control.value for control in login if control.secret), ""),
        fingerprints={
            control.words: control.seen for control in fields.values() if control.seen is not None
        },
        missing=tuple(path for path in parts if path not in fields),
    )


def _search(found: RecordLookup) -> dict[str, str]:
    keys = {
        "address": found.address,
        "field": found.field,
        "button": found.button,
        "column": found.column,
        "none": found.none,
        "opened_by": "double_click" if found.double else "",
        "confirmation": found.own,
    }
    return {key: words for key, words in keys.items() if words}


def _login(
    before: Sequence[RecordedControl],
) -> tuple[list[RecordedControl], list[RecordedControl]]:
    """Return the controls of the login (none if there is no password) and all later controls."""
    at = next((at for at, control in enumerate(before) if control.secret), None)
    if at is None:
        return [], list(before)
    end = next((to for to in range(at, len(before)) if before[to].kind == "button"), None)
    if end is None or not at or not any(control.kind == "field" for control in before[:at]):
        raise UsageError(
            "no complete login found in the recording: type user name and password, then press the"
            " login button"
        )
    return list(before[: end + 1]), list(before[end + 1 :])


def _login_keys(login: Sequence[RecordedControl]) -> dict[str, str]:
    user, *between, password, button = (
        control for control in login if control.kind in {"field", "button"}
    )
    keys = {"user": user.words, "password": password.words, "button": button.words}
    return keys | ({"next": between[0].words} if between else {})


def _entered(rest: Sequence[RecordedControl]) -> list[RecordedControl]:
    """Return the fields that were filled, with a mark on those whose value is a chosen option."""
    found: list[RecordedControl] = []
    for control in rest:
        if control.kind == "field":
            found.append(control)
        elif control.kind == "option" and found:
            found[-1] = _offered(found[-1], control)
    return found


def _offered(field_: RecordedControl, option: RecordedControl) -> RecordedControl:
    return replace(field_, value=option.value, offered=True)


def _assigned(
    fields: Iterable[RecordedControl], parts: Mapping[str, str]
) -> dict[str, RecordedControl]:
    """Return the field of each value: one that shows the value and has the most similar label."""
    found: dict[str, RecordedControl] = {}
    for control in fields:
        able = [
            path
            for path in paths_with_value(control.value, parts)
            if _fits(path, control) and path not in found
        ]
        if not able and control.computed:
            continue
        if not able:
            raise UsageError(
                f"the field {control.words} was filled with {control.value!r}, which is not a value"
                " of the sample; add it to the sample, or leave the field unchanged"
            )
        ratios = {path: similarity(control.words, _name(path)) for path in able}
        best = max(ratios.values())
        closest = [path for path, ratio in ratios.items() if ratio == best]
        if len(closest) > 1 or (control.computed and len(able) > 1 and best < 0.5):
            if control.computed:
                continue
            raise UsageError(
                f"the field {control.words} shows {control.value!r}, which the sample contains more"
                f" than once ({', '.join(closest)}); record a sample whose values all differ"
            )
        found[closest[0]] = control
    return {path: found[path] for path in parts if path in found}


def _fits(path: str, control: RecordedControl) -> bool:
    places = path.split(".")
    return control.line == (int(places[1]) if len(places) == 3 and places[1].isdigit() else -1)


def _name(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")


def _key(control: RecordedControl, value: str) -> Any:
    """Return a field's entry in the description: its label, or a mapping if more is needed."""
    keys = {"words": control.words}
    if control.offered or control.computed:
        keys["entry"] = "offered" if control.offered else "computed"
    written = day_format(control.value, value)
    if written not in {"", "%Y-%m-%d"}:
        keys["dates"] = written
    return keys if len(keys) > 1 else control.words


def _grid(
    cells: Mapping[str, RecordedControl], rest: Sequence[RecordedControl], parts: Mapping[str, str]
) -> dict[str, Any]:
    items = {path.split(".")[0] for path in cells}
    if len(items) > 1:
        names = ", ".join(sorted(items))
        raise UsageError(f"the form has several grids ({names}); only one is supported")
    first = {path: control for path, control in cells.items() if control.line == 0}
    grid: dict[str, Any] = {"item": items.pop()}
    adding = _adding(rest)
    if adding:
        grid["add"] = adding
    grid["fields"] = {
        path.split(".")[2]: _key(control, parts[path]) for path, control in first.items()
    }
    return grid


def _adding(rest: Sequence[RecordedControl]) -> str:
    """Return the label of the button that was clicked just before a field of a line, or ""."""
    for button, after in pairwise(rest):
        if button.kind == "button" and after.kind == "field" and after.line >= 0:
            return button.words
    return ""


def _leading(rest: Sequence[RecordedControl], first: RecordedControl) -> list[str]:
    """Return the labels of the buttons that open the form on the page of its address."""
    way = rest[: rest.index(first)]
    return [
        control.words
        for control in way
        if control.kind == "button"
        and control.place == first.place
        and control.words != _adding(rest)
    ]
