"""The description of a target, a system that bots enter data into.

The descriptions of the fields are the reference documentation of the keys.
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

    name: Name = Field(description="Unique name, the same as its folder's.")
    base_url: str = Field(description="URL of its first page, without a slash at the end.")
    username: str = Field("", description="User name of the bot.")
    password: SecretStr = Field(
        SecretStr(""),
        description="Password of the bot; write `${VARIABLE}` to read it from the environment, "
        "never the password itself.",
    )
    slowest_commit_s: Seconds = Field(
        10.0, description="The longest time that the system takes to store a submitted record."
    )
    guarantee: Literal["unique-ref", "searchable", "blind"] = Field(
        "searchable",
        description="How duplicates can be prevented. `unique-ref`: the system refuses a second "
        "record with the same reference; `searchable`: a record can be looked up by reference; "
        "`blind`: neither, so an entry whose answer was lost goes to a person.",
    )
    call_timeout_s: Seconds = Field(
        120.0, description="Time limit of one lookup or entry in the browser, in seconds."
    )
    limit: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Items that use its login at the same time, over all workers of all hosts; "
        "targets with the same URL and user name share it. Default: no limit.",
    )
    breaker: Breaker | None = Field(
        None, description="Circuit breaker that pauses the target when it fails; default: none."
    )
    freeze: list[FreezeWindow] = Field(
        default_factory=list, description="Hours in which bots do not use the target."
    )
    login: Login | None = Field(None, description="The login page.")
    search: Search | None = Field(None, description="How a record is looked up.")
    form: TargetForm | None = Field(None, description="How a record is entered.")

    egress: list[Annotated[str, AfterValidator(_egress_entry)]] = Field(
        default_factory=list,
        description="Allowed destinations of its pages in addition to `base_url`: hosts, such as "
        "`cdn.example.com`, `*.example.com` or `example.com:8443`, and networks, such as "
        "`10.0.0.0/8`, for hosts with private addresses.",
    )

    @property
    def quiet_period_s(self) -> float:
        """Return the seconds to wait after a possible submit before a lookup is reliable."""
        return self.slowest_commit_s * 3

    @property
    def account(self) -> str:
        """Return a unique name of the login, without the password."""
        return f"{self.username}@{self.base_url.rstrip('/')}"
