"""Compares a record with an item; the target may show the lines in any order.

Equal lines are paired first, then lines with the same key (the first value of a line), then lines
with the most values in common. So one wrong line is reported as one wrong line, instead of making
every line after it wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from clerkwork.browser.page.item_values import Part, differences
from clerkwork.model.project.target_form import Grid, TargetForm

Line = Mapping[str, str]


def record_differences(
    target: str, form: TargetForm, wanted: Iterable[Part], shown: Mapping[str, str]
) -> list[str]:
    """Return a sentence for each value and line that *target* does not show as the item has it.

    Args:
        target: Name of the target.
        form: The description of its form.
        wanted: The item's values that a record of the target shows.
        shown: The values that it shows, by path, with lines numbered in its own order.
    """
    parts = list(wanted)
    head = [part for part in parts if part.row is None]
    said = differences(target, head, {path: shown[path] for path in shown if path in form.fields})
    if form.lines is None:
        return said
    lines = [part for part in parts if part.row is not None]
    expected = [list(run) for _, run in groupby(lines, lambda part: part.row)]
    return said + _line_differences(target, form.lines, expected, _lines(form.lines, shown))


def _lines(grid: Grid, shown: Mapping[str, str]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, text in shown.items():
        row, _, name = path.removeprefix(f"{grid.item}.").partition(".")
        if name:
            found.setdefault(row, {})[name] = text
    return list(found.values())


def _line_differences(
    target: str, grid: Grid, expected: Sequence[Sequence[Part]], seen: Sequence[Line]
) -> list[str]:
    texts = [{part.name: part.text for part in line} for line in expected]
    places = _in_order(texts, seen) if grid.ordered else _paired(texts, seen)
    said = []
    for row, line in enumerate(expected):
        if (place := places.get(row)) is None:
            said.append(
                f"{grid.item}.{row}: {target} does not show this line of the order:"
                f" {_listed(grid, texts[row])}."
            )
            continue
        shown = {f"{grid.item}.{row}.{name}": text for name, text in seen[place].items()}
        said += differences(target, line, shown, line=_key(line))
    unexpected = [line for at, line in enumerate(seen) if at not in places.values()]
    return said + [
        f"{grid.item}: {target} shows a line that the order does not have: {_listed(grid, line)}."
        for line in unexpected
    ]


def _in_order(expected: Sequence[Line], seen: Sequence[Line]) -> dict[int, int]:
    return {at: at for at in range(min(len(expected), len(seen)))}


def _paired(expected: Sequence[Line], seen: Sequence[Line]) -> dict[int, int]:
    """Return the index in *seen* for each index in *expected* that was paired with a line."""
    pairs: dict[int, int] = {}
    free = dict(enumerate(seen))
    for row, line in enumerate(expected):
        place = next((at for at, one in free.items() if _filled(one) == _filled(line)), None)
        if place is not None:
            pairs[row] = place
            del free[place]
    left = [row for row in range(len(expected)) if row not in pairs]
    similarities = [
        (_similarity(expected[row], free[at]), -row, -at) for row in left for at in free
    ]
    for similarity, row, at in sorted(similarities, reverse=True):
        if any(similarity) and -row not in pairs and -at in free:
            pairs[-row] = -at
            del free[-at]
    return pairs


def _filled(line: Line) -> Line:
    return {name: text for name, text in line.items() if text}


def _similarity(expected: Line, seen: Line) -> tuple[bool, int]:
    """Return whether two lines have the same key, and the number of values they share."""
    same = [bool(text) and seen.get(name) == text for name, text in expected.items()]
    return same[0], sum(same)


def _key(line: Sequence[Part]) -> str:
    return "" if line[0].field.secret else line[0].text


def _listed(grid: Grid, line: Line) -> str:
    shown = ["a secret" if grid.fields[name].secret else text for name, text in line.items()]
    return ", ".join(filter(None, shown))
