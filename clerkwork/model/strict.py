"""What every file that people write has in common: a typing slip is an error and not a silence."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LONGEST_S = 10 * 365 * 86_400  # what is longer is a slip, and no clock can add 1e300 seconds
LONGEST_DAYS = 100 * 365  # of what is kept: some accounts have to be kept for thirty years
Seconds = Annotated[float, Field(gt=0, le=LONGEST_S)]
Days = Annotated[int, Field(le=LONGEST_DAYS)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Strict(BaseModel):
    """Refuses keys it does not know, so that a typing slip is an error and not a silence.

    Numbers are finite: nothing can wait for ``.inf`` seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
