"""Splits a recording into parts: opening and filling the form, saving the record, looking it up.

The value that is typed again at the end, for the lookup, is the reference of the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clerkwork.browser.recorder.sample import shows_value
from clerkwork.browser.recorder.script import SETTING_VALUES, Act, Link
from clerkwork.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPlan:
    """A recording, split after the last field of the form.

    Attributes:
        before: The actions up to the last field of the form.
        after: The later actions: the buttons that save the record, then the lookup.
        search: Index in *after* of the action that types the reference.
        reference: Path of the sample's value that identifies the record.
        value: That value.
    """

    before: tuple[Act, ...]
    after: tuple[Act, ...]
    search: int
    reference: str
    value: str


def plan_recording(acts: Sequence[Act], parts: Mapping[str, str]) -> RecordingPlan:
    """Return the recording *acts*, split.

    Args:
        acts: The recorded actions.
        parts: The values of the sample, by path.

    Raises:
        UsageError: No value of the sample was entered, or the record was not looked up at the end.
    """
    known = [
        at for at, act in enumerate(acts) if sets_value(act) and paths_with_value(act.text, parts)
    ]
    if len(known) < 2:
        raise UsageError(
            "the recording enters no values of the sample; enter exactly the values of the sample"
        )
    _refuse_lines_of_one_form([acts[at] for at in known[:-1]], parts)
    search = known[-1]
    entered = [acts[at].text for at in known[:-1]]
    last = max(at for at, act in enumerate(acts[:search]) if sets_value(act) or chosen_option(act))
    references = [
        path
        for path in paths_with_value(acts[search].text, parts)
        if "." not in path and acts[search].text in entered
    ]
    if not references or last + 1 == search:
        raise UsageError(
            "the recording ends without a lookup; after the entry, search for the record by its"
            " reference and open it, so that every entry can be verified"
        )
    return RecordingPlan(
        before=tuple(acts[: last + 1]),
        after=tuple(acts[last + 1 :]),
        search=search - last - 1,
        reference=references[0],
        value=acts[search].text,
    )


def _refuse_lines_of_one_form(entered: Sequence[Act], parts: Mapping[str, str]) -> None:
    """Refuse a recording that fills one field for several lines of the item."""
    before: dict[tuple[Link, ...], Act] = {}
    for act in entered:
        earlier = before.setdefault(act.way, act)
        mine, others = _lines(act.text, parts), _lines(earlier.text, parts)
        if mine and others and not mine & others:
            raise UsageError(
                f"lines {earlier.line} and {act.line} of the recording fill the same field for two"
                " lines of the item; a recording cannot describe a form that takes its lines one by"
                " one. Write the target by hand, with `entry: single` under `form.lines`, like"
                " Clerkwork's target for Tryton"
            )


def _lines(text: str, parts: Mapping[str, str]) -> set[str]:
    """Return the lines, such as ``lines.0``, that have *text* as a value."""
    return {path.rpartition(".")[0] for path in paths_with_value(text, parts) if "." in path}


def paths_with_value(text: str, parts: Mapping[str, str]) -> list[str]:
    """Return the paths of the values that *text* shows."""
    return [path for path, value in parts.items() if shows_value(text, value)]


def sets_value(act: Act) -> bool:
    """Return whether *act* sets the value of a field."""
    return act.kind in SETTING_VALUES


def chosen_option(act: Act) -> str:
    """Return the text of the option that *act* chooses, or an empty text."""
    link = act.way[-1] if act.way and act.kind == "click" else None
    if link is None or link.name != "get_by_role" or (link.arguments or ("",))[0] != "option":
        return ""
    return str(dict(link.keywords).get("name", ""))
