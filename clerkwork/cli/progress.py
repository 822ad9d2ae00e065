"""The progress bar of a command, shown below its output and only on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int], None]


@contextmanager
def settling(*, shown: bool) -> Iterator[Advance]:
    """Show a progress bar of settled items during the block; yield the function that updates it.

    The function takes the number of settled items and the total. Lines printed during the block
    appear above the bar.

    Args:
        shown: Whether to show a bar; output to a pipe or a file never has one.
    """
    if not (shown and sys.stdout.isatty()):
        yield lambda _settled, _of: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("settled", total=None)
        yield lambda settled, of: progress.update(task, completed=settled, total=of)
