"""From what was met on the recorded way to the target's description, by the sample's values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from clerkwork.browser.locate.text_similarity import likeness
from clerkwork.browser.recorder.plan import meant
from clerkwork.browser.recorder.sample import day_format
from clerkwork.browser.recorder.walk import LookUp, Met, Walked
from clerkwork.errors import UsageError
from clerkwork.model.project.locators import Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a recording says of its target.

    Attributes:
        keys: The keys ``login``, ``search`` and ``form`` of its ``target.yaml``.
        username: The name that was logged in with, or an empty text, and
        password: its password, which is written nowhere.
        fingerprints: What its fields look like, by their words.
        missing: The parts of the sample that the form does not show.
    """

    keys: dict[str, Any]
    username: str = ""
    password: str = field(default="", repr=False)
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def described(walked: Walked, parts: Mapping[str, str], reference: str) -> Description:
    """Return what *walked* says of the target in which the sample with *parts* was entered.

    Raises:
        UsageError: A field was filled with what is no value of the sample, or with one of several.
    """
    login, rest = _login(walked.before)
    fields = _assigned([*_entered(rest), *walked.computed], parts)
    head = {path: met for path, met in fields.items() if "." not in path}
    cells = {path: met for path, met in fields.items() if "." in path}
    first = next((met for met in rest if met.kind == "field"), None)
    if first is None:
        raise UsageError("the recording fills no field of a form")
    form: dict[str, Any] = {"reference": reference, "address": first.place}
    if leading := _leading(rest, first):
        form["open"] = leading
    form["fields"] = {path: _key(met, parts[path]) for path, met in head.items()}
    if cells:
        form["lines"] = _grid(cells, rest, parts)
    form |= {"submit": list(walked.submit), "confirmation": walked.look_up.own}
    keys = {"search": _search(walked.look_up), "form": form}
    return Description(
        keys={"login": _login_keys(login), **keys} if login else keys,
        username=login[0].value if login else "",
        password=next((met.value for met in login if met.secret), ""),
        fingerprints={met.words: met.seen for met in fields.values() if met.seen is not None},
        missing=tuple(path for path in parts if path not in fields),
    )


def _search(found: LookUp) -> dict[str, str]:
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


def _login(before: Sequence[Met]) -> tuple[list[Met], list[Met]]:
    """Return the fields and buttons of the login, if there is one, and everything after it."""
    at = next((at for at, met in enumerate(before) if met.secret), None)
    if at is None:
        return [], list(before)
    end = next((to for to in range(at, len(before)) if before[to].kind == "button"), None)
    if end is None or not at or not any(met.kind == "field" for met in before[:at]):
        raise UsageError("the login cannot be told; enter name and password, then click its button")
    return list(before[: end + 1]), list(before[end + 1 :])


def _login_keys(login: Sequence[Met]) -> dict[str, str]:
    user, *between, password, button = (met for met in login if met.kind in {"field", "button"})
    keys = {"user": user.words, "password": password.words, "button": button.words}
    return keys | ({"next": between[0].words} if between else {})


def _entered(rest: Sequence[Met]) -> list[Met]:
    """Return the fields that were filled; one whose value was taken from offers says so."""
    found: list[Met] = []
    for met in rest:
        if met.kind == "field":
            found.append(met)
        elif met.kind == "option" and found:
            found[-1] = _offered(found[-1], met)
    return found


def _offered(field_: Met, option: Met) -> Met:
    return replace(field_, value=option.value, offered=True)


def _assigned(fields: Iterable[Met], parts: Mapping[str, str]) -> dict[str, Met]:
    """Return the field of each part: that which shows its value and is called most like it."""
    found: dict[str, Met] = {}
    for met in fields:
        able = [path for path in meant(met.value, parts) if _fits(path, met) and path not in found]
        if not able and met.computed:
            continue
        if not able:
            raise UsageError(
                f"the field {met.words} was filled with {met.value!r}, which is no value of the"
                " sample; put it into the sample, or leave the field as it is"
            )
        likes = {path: likeness(met.words, _name(path)) for path in able}
        best = max(likes.values())
        closest = [path for path, like in likes.items() if like == best]
        if len(closest) > 1 or (met.computed and len(able) > 1 and best < 0.5):
            if met.computed:
                continue
            raise UsageError(
                f"the field {met.words} shows {met.value!r}, which the sample says more than once"
                f" ({', '.join(closest)}); record a sample whose values all differ"
            )
        found[closest[0]] = met
    return {path: found[path] for path in parts if path in found}


def _fits(path: str, met: Met) -> bool:
    places = path.split(".")
    return met.line == (int(places[1]) if len(places) == 3 and places[1].isdigit() else -1)


def _name(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")


def _key(met: Met, value: str) -> Any:
    """Return a field as its words, or with keys where they do not say it all."""
    keys = {"words": met.words}
    if met.offered or met.computed:
        keys["entry"] = "offered" if met.offered else "computed"
    written = day_format(met.value, value)
    if written not in {"", "%Y-%m-%d"}:
        keys["dates"] = written
    return keys if len(keys) > 1 else met.words


def _grid(
    cells: Mapping[str, Met], rest: Sequence[Met], parts: Mapping[str, str]
) -> dict[str, Any]:
    items = {path.split(".")[0] for path in cells}
    if len(items) > 1:
        raise UsageError(f"the form has several grids ({', '.join(sorted(items))}); one is known")
    first = {path: met for path, met in cells.items() if met.line == 0}
    grid: dict[str, Any] = {"item": items.pop()}
    adding = _adding(rest)
    if adding:
        grid["add"] = adding
    grid["fields"] = {path.split(".")[2]: _key(met, parts[path]) for path, met in first.items()}
    return grid


def _adding(rest: Sequence[Met]) -> str:
    """Return the words of the button that was clicked before the fields of a line."""
    for button, after in pairwise(rest):
        if button.kind == "button" and after.kind == "field" and after.line >= 0:
            return button.words
    return ""


def _leading(rest: Sequence[Met], first: Met) -> list[str]:
    """Return the buttons that lead to the form on the page of its address."""
    way = rest[: rest.index(first)]
    return [
        met.words
        for met in way
        if met.kind == "button" and met.place == first.place and met.words != _adding(rest)
    ]
