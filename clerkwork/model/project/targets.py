"""Targets: what IT writes of a system that bots enter data into, as typed data.

The descriptions of the fields are the reference documentation of every key.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from clerkwork.model.project import egress
from clerkwork.model.project.target_form import Login, Search, TargetForm
from clerkwork.model.project.target_gates import Breaker, FreezeWindow
from clerkwork.model.strict import Name, Seconds, Strict


def _egress_entry(text: str) -> str:
    egress.parse(text)
    return text


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
    slowest_commit_s: Seconds = Field(
        10.0, description="The longest time the system takes to store what was submitted."
    )
    guarantee: Literal["unique-ref", "searchable", "blind"] = Field(
        "searchable",
        description="What the system offers against double entry. `unique-ref`: it refuses a "
        "second record with the same reference; `searchable`: a record can be looked up by it; "
        "`blind`: neither, so an entry whose answer was lost goes to a person.",
    )
    call_timeout_s: Seconds = Field(
        120.0, description="Seconds one look-up or one entry in the browser may take."
    )
    limit: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Items at work under its login at once, over all workers of all hosts; targets "
        "with the same address and name share it. Without it there is no limit.",
    )
    breaker: Breaker | None = Field(
        None, description="When the target is left alone because it fails; without it, never."
    )
    freeze: list[FreezeWindow] = Field(
        default_factory=list, description="Hours in which nothing is done in it."
    )
    login: Login | None = Field(None, description="The page that asks who one is.")
    search: Search | None = Field(None, description="Where records are looked up.")
    form: TargetForm | None = Field(None, description="How a record is entered.")

    egress: list[Annotated[str, AfterValidator(_egress_entry)]] = Field(
        default_factory=list,
        description="Where its pages may send requests besides `base_url`: hosts, such as "
        "`cdn.example.com`, `*.example.com` or `example.com:8443`, and networks, such as "
        "`10.0.0.0/8`, for hosts whose addresses are not public ones.",
    )

    @property
    def quiet_period_s(self) -> float:
        """Return the seconds after a possible submit before a look-up can be believed."""
        return self.slowest_commit_s * 3

    @property
    def account(self) -> str:
        """Return what tells its account from all others, without the secret."""
        return f"{self.username}@{self.base_url.rstrip('/')}"
