"""The table of keyboard shortcuts, for the pages and for the list under ``?``."""

from dataclasses import dataclass

from clerkwork.web.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One shortcut.

    Attributes:
        name: Its name in templates.
        combo: The keys as the script writes them: ``Ctrl+Enter``, ``Alt+R``, ``g q``, ``j``.
        title: Its effect, in English, to be translated.
    """

    name: str
    combo: str
    title: str


EVERYWHERE = (
    Key(name="today", combo="g t", title=N_("Go to Today")),
    Key(name="queue", combo="g q", title=N_("Go to the queue")),
    Key(name="items", combo="g i", title=N_("Go to the items")),
    Key(name="runs", combo="g r", title=N_("Go to the runs")),
    Key(name="metrics", combo="g m", title=N_("Go to the metrics")),
    Key(name="help", combo="?", title=N_("Show the shortcuts (F1 while typing)")),
)
LIST = (
    Key(name="down", combo="j", title=N_("Next row")),
    Key(name="up", combo="k", title=N_("Previous row")),
    Key(name="open", combo="Enter", title=N_("Open the row")),
    Key(name="find", combo="/", title=N_("Filter")),
)
REVIEW = (
    Key(name="next_field", combo="Enter", title=N_("Confirm, go to the next doubtful field")),
    Key(name="last_field", combo="Shift+Enter", title=N_("Back to the previous doubtful field")),
    Key(name="submit", combo="Ctrl+Enter", title=N_("Submit and open the next review")),
    Key(name="candidate", combo="Alt+1…5", title=N_("Take another possible value")),
    Key(name="add_line", combo="Alt+L", title=N_("Add a line")),
    Key(name="remove_line", combo="Alt+D", title=N_("Remove the line")),
    Key(name="reject", combo="Alt+R", title=N_("Reject, with a reason")),
    Key(name="return", combo="Alt+T", title=N_("Return to the sender, with a reason")),
    Key(name="by_hand", combo="Alt+H", title=N_("Done by hand")),
    Key(name="skip", combo="Alt+S", title=N_("Skip, open the next review")),
    Key(name="zoom", combo="Alt+Z", title=N_("Enlarge the page")),
    Key(name="back", combo="Escape", title=N_("Back to the queue, at the same row")),
)
RUN = (Key(name="follow", combo="f", title=N_("Follow the log")),)

SHEETS: dict[str, tuple[Key, ...]] = {
    "queue": LIST,
    "items": LIST,
    "runs": LIST,
    "review": REVIEW,
    "run": RUN,
}


def combo(name: str) -> str:
    """Return the key combination called *name*.

    Raises:
        KeyError: The table has no such key.
    """
    for keys in (EVERYWHERE, *SHEETS.values()):
        for key in keys:
            if key.name == name:
                return key.combo
    raise KeyError(name)
