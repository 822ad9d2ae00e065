"""Fixtures of every test; each part of the toolkit keeps its own in a ``fixtures_*.py`` beside."""

from pathlib import Path

pytest_plugins = sorted(f"tests.{file.stem}" for file in Path(__file__).parent.glob("fixtures_*.py"))
