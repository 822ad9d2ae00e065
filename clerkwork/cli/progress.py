"""How far a command is, as a bar that stands below its lines on a terminal and nowhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int], None]


@contextmanager
def settling(*, shown: bool) -> Iterator[Advance]:
    """Show a bar of settled items while the block runs; give the function that moves it.

    The function takes how many items are settled, and of how many. Lines printed meanwhile stand
    above the bar.

    Args:
        shown: Whether a bar is wanted at all; one in a pipe or a file never is.
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
