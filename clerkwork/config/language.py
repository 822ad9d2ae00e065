"""The language of the person at the terminal."""

import os
from collections.abc import Mapping


def speaks_chinese(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether the environment selects Chinese, as ``LANG=zh_CN.UTF-8`` does.

    Args:
        environment: Used instead of the environment of the process.
    """
    given = os.environ if environment is None else environment
    chosen = next(
        (given[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if given.get(name)), ""
    )
    return chosen.lower().startswith("zh")
