"""Targets: what IT writes of a system that bots enter data into, as typed data.

The descriptions of the fields are the reference documentation of every key.
"""

from typing import Literal

from pydantic import Field, SecretStr

from clerkwork.model.strict import Name, Strict


class Target(Strict):
    """A system that bots enter data into; one folder in `config/targets/`."""

    name: Name = Field(description="Unique name; its folder is called the same.")
    base_url: str = Field(description="Address of its first page, without a slash at the end.")
    username: str = Field("", description="Name the bot logs in with.")
    password: SecretStr = Field(
        SecretStr(""),
        description="Secret the bot logs in with; write `${VARIABLE}` to take it from the "
        "environment, never the secret itself.",
    )
    slowest_commit_s: float = Field(
        10.0, gt=0, description="The longest time the system takes to store what was submitted."
    )
    guarantee: Literal["unique-ref", "searchable", "blind"] = Field(
        "searchable", description="What the system offers against double entry."
    )
    call_timeout_s: float = Field(
        120.0, gt=0, description="Seconds one look-up or one entry in the browser may take."
    )

    @property
    def quiet_period_s(self) -> float:
        """Return the seconds after a possible submit before a look-up can be believed."""
        return self.slowest_commit_s * 3
