"""The base of all models of files that people write: a typing mistake is an error."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LONGEST_S = 10 * 365 * 86_400  # more is a mistake, and no clock can add 1e300 seconds
LONGEST_DAYS = 100 * 365  # retention: some accounts must be kept for thirty years
Seconds = Annotated[float, Field(gt=0, le=LONGEST_S)]
Days = Annotated[int, Field(le=LONGEST_DAYS)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Strict(BaseModel):
    """A model that refuses unknown keys and infinite numbers such as ``.inf``."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
