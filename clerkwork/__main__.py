"""``python -m clerkwork`` is the command ``clerkwork``."""

from clerkwork.cli.main import run

run()
