"""Every duration that a person writes has a largest value: no clock can add 1e300 seconds."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

from annotated_types import Le
from pydantic import BaseModel

from clerkwork import config, model
from clerkwork.config.settings import Section
from clerkwork.model.strict import Strict

DURATION = re.compile(r"(^|_)(s|ms|minutes|hours|days)$")


def written(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the models of files that people write, which have *kind* as their base."""
    for own in kind.__subclasses__():
        yield from (own, *written(own))


def test_each_duration_in_a_file_has_a_largest_value() -> None:
    """Its field is `Seconds` or `Days`, or has a bound of its own."""
    for package in (config, model):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    durations = {
        f"{one.__name__}.{name}": field
        for one in [*written(Section), *written(Strict)]
        for name, field in one.model_fields.items()
        if DURATION.search(name) and field.annotation in {int, float, float | None, int | None}
    }
    unbounded = [
        name
        for name, field in durations.items()
        if not any(isinstance(bound, Le) for bound in field.metadata)
    ]
    assert (unbounded, len(durations) > 30) == ([], True)
