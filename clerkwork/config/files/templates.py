"""Reads the document templates: the project's in ``config/templates/``, and the shipped ones.

A file of the project replaces a shipped one with the same name.
"""

from pathlib import Path
from typing import Any

from clerkwork.config.files.yaml_files import read_named, read_shipped_and_own
from clerkwork.errors import ConfigError
from clerkwork.model.project.document_templates import Template

SHIPPED = Path(__file__).parent / "shipped" / "templates"
FOLDER = Path("config", "templates")


def load_templates(root: Path) -> dict[str, Template]:
    """Return the templates that the project in *root* may use, by name.

    Raises:
        ConfigError: The first problem found in ``config/templates/*.yaml``.
    """
    found, problems = read_templates(root)
    if problems:
        raise problems[0]
    return found


def read_templates(root: Path) -> tuple[dict[str, Template], list[ConfigError]]:
    """Return each readable template, and all problems of all template files."""
    return read_shipped_and_own(Template, SHIPPED, root, FOLDER)


def shipped() -> list[Template]:
    """Return the shipped templates."""
    found, _ = read_named(Template, SHIPPED, SHIPPED)
    return [template for template, _ in found.values()]


def template_schema() -> dict[str, Any]:
    """Return the JSON Schema of a template file, for editors that complete and check."""
    schema = Template.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
