"""Secrets that files name and that are read from environment variables."""

import os
from collections.abc import Iterable

from clerkwork.errors import ConfigError
from clerkwork.model.project.workflows import Workflow

SESSION_KEY = "CLERKWORK_SESSION_KEY"


def secret(variable: str, place: str) -> str:
    """Return the secret in the environment variable *variable*.

    Args:
        variable: The variable's name.
        place: The file that names it, for the error.

    Raises:
        ConfigError: It is not set, or empty.
    """
    found = os.environ.get(variable, "")
    if not found:
        text = f"the environment variable {variable} is not set; set it before you start"
        raise ConfigError(place, text)
    return found


def session_key() -> str:
    """Return the key that encrypts stored logins; without one, logins are not stored."""
    return os.environ.get(SESSION_KEY, "")


def known_secrets(workflows: Iterable[Workflow]) -> list[str]:
    """Return the secrets of these workflows that are set, so that logs can mask them."""
    keys = [keys for plan in workflows for keys in plan.sources.values()]
    names = [name for each in keys for name in each.secret_variables()]
    return [os.environ[name] for name in names if os.environ.get(name)]
