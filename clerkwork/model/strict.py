"""What every file that people write has in common: a typing slip is an error and not a silence."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Strict(BaseModel):
    """Refuses keys it does not know, so that a typing slip is an error and not a silence.

    Numbers are finite: nothing can wait for ``.inf`` seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
