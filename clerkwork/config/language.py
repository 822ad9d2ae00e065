"""The language of whoever typed a command."""

import os
from collections.abc import Mapping


def speaks_chinese(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether the environment asks for Chinese, as ``LANG=zh_CN.UTF-8`` does.

    Args:
        environment: Replaces the process's environment.
    """
    given = os.environ if environment is None else environment
    chosen = next(
        (given[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if given.get(name)), ""
    )
    return chosen.lower().startswith("zh")
