"""The parts of a recording: what leads to the form and fills it, what stores it, what looks it up.

The value that is typed once more at the end, to look the record up, is its reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clerkwork.browser.recorder.sample import shows_value
from clerkwork.browser.recorder.script import SETTING_VALUES, Act, Link
from clerkwork.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPlan:
    """A recording, cut where it stores the record.

    Attributes:
        before: Everything up to the last field of the form.
        after: Everything after it: the buttons that store the record, then the way to the look-up.
        search: Place in *after* of the field that the reference is typed into.
        reference: Path of the sample's part that identifies the record.
        value: Its value.
    """

    before: tuple[Act, ...]
    after: tuple[Act, ...]
    search: int
    reference: str
    value: str


def plan_recording(acts: Sequence[Act], parts: Mapping[str, str]) -> RecordingPlan:
    """Return the parts of *acts*, in which the sample with *parts* was entered and looked up.

    Raises:
        UsageError: No value of the sample was entered, or the record was not looked up after it.
    """
    known = [
        at for at, act in enumerate(acts) if sets_value(act) and paths_with_value(act.text, parts)
    ]
    if len(known) < 2:
        raise UsageError(
            "the recording enters no values of the sample; enter exactly what the sample says"
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
            "the recording ends without a look-up; after the entry, search for the record by its"
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
    """Do nothing unless one field was filled for several lines, which the walk could not tell."""
    before: dict[tuple[Link, ...], Act] = {}
    for act in entered:
        earlier = before.setdefault(act.way, act)
        mine, others = _lines(act.text, parts), _lines(earlier.text, parts)
        if mine and others and not mine & others:
            raise UsageError(
                f"lines {earlier.line} and {act.line} of the recording fill one field for two lines"
                " of the item: they are written one by one in a form of their own, which a"
                " recording cannot describe. Write the target by hand, with `entry: single` under"
                " `form.lines`, as Clerkwork's own target for Tryton has it"
            )


def _lines(text: str, parts: Mapping[str, str]) -> set[str]:
    """Return the lines, such as ``lines.0``, of which *text* says a part."""
    return {path.rpartition(".")[0] for path in paths_with_value(text, parts) if "." in path}


def paths_with_value(text: str, parts: Mapping[str, str]) -> list[str]:
    """Return the paths of the parts that *text* says."""
    return [path for path, value in parts.items() if shows_value(text, value)]


def sets_value(act: Act) -> bool:
    """Return whether *act* gives a field its value."""
    return act.kind in SETTING_VALUES


def chosen_option(act: Act) -> str:
    """Return the text of an offered option that *act* takes, or an empty text."""
    link = act.way[-1] if act.way and act.kind == "click" else None
    if link is None or link.name != "get_by_role" or (link.arguments or ("",))[0] != "option":
        return ""
    return str(dict(link.keywords).get("name", ""))
