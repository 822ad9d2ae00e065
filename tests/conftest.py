"""Fixtures of every test; each part of the toolkit keeps its own in a ``fixtures_*.py`` beside."""

from pathlib import Path

HERE = Path(__file__).parent
pytest_plugins = sorted(f"tests.{file.stem}" for file in HERE.glob("fixtures_*.py"))
