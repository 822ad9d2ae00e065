"""Looks at everything a workflow's items come from, as one planned run does."""

import threading
from collections.abc import Mapping

from clerkwork.intake.sources.folder import FolderIntake
from clerkwork.intake.sources.mail import MailIntake
from clerkwork.model.project.workflows import Workflow


class Sources:
    """The sources of the project's workflows; none of them holds up another workflow."""

    def __init__(
        self, workflows: Mapping[str, Workflow], folder: FolderIntake, mail: MailIntake
    ) -> None:
        self._workflows = workflows
        self._folder = folder
        self._mail = mail
        # what is remembered of a workflow's files is not for two threads
        self._one_look = {name: threading.Lock() for name in workflows}

    def look(self, workflow: str) -> int:
        """Fetch the workflow's mails, take its files; return the number of new items.

        Raises:
            Exception: The mailbox or a file failed; whatever could be taken was taken first.
        """
        with self._one_look[workflow]:
            try:
                self._mail.fetch(self._workflows[workflow])
            finally:  # a mailbox that does not answer holds up no file
                added = self._folder.visit(workflow)
            return added

    def left(self, workflow: str) -> str:
        """Return a sentence on what the last look left for the next one, or an empty string."""
        found = (self._mail.left(workflow), self._folder.left(workflow))
        return "; ".join(sentence for sentence in found if sentence)
