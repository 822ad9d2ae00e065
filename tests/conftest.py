"""Fixtures of every test; each part of the toolkit keeps its own in a module beside this one."""

pytest_plugins = ["tests.fixtures_engine", "tests.fixtures_project"]
