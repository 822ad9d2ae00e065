"""Keys of a workflow file that belong to a source or a reader.

Each source and reader brings a model of its own keys. This module holds what all of them share, so
that the parts below ``intake`` can read the keys without knowing which sources exist.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from clerkwork.model.strict import Strict


@dataclass(frozen=True, slots=True)
class SecretMark:
    """Marks a key whose value names the environment variable of a secret."""


Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
SecretVariable = Annotated[Variable, SecretMark()]


class SourceKeys(Strict):
    """Base of the keys of a source.

    Attributes:
        looked_at: Whether planned runs look at the source; False when others send its items.
        needs_schedule: Whether the source is of no use without a `schedule`.
        fills_inbox: Whether it puts files into the folder of another source, which it then needs.
    """

    looked_at: ClassVar[bool] = True
    needs_schedule: ClassVar[bool] = True
    fills_inbox: ClassVar[bool] = False

    def secret_variables(self) -> list[str]:
        """Return the environment variables that hold secrets of this source."""
        return [
            str(getattr(self, name))
            for name, info in type(self).model_fields.items()
            if any(isinstance(mark, SecretMark) for mark in info.metadata)
        ]


class ReaderKeys(Strict):
    """Base of the keys of a reader; every key has a default."""


class InboxKeys(SourceKeys):
    """Base of the keys of a source whose items are read from files in an inbox folder."""

    folder: str = Field(description="Folder to watch, relative to the project's inbox folder.")
    pattern: str = Field("*", description="Only files whose name matches this glob are taken.")
    reader: str = Field(description="Name of the reader that turns a file into work items.")

    @property
    def reader_keys(self) -> dict[str, ReaderKeys]:
        """Return the keys of readers that the file names, by reader."""
        return {name: keys for name, keys in vars(self).items() if isinstance(keys, ReaderKeys)}
