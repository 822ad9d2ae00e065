"""Kinds of documents with a layout of their own, one module for each.

Every module in this folder is found without registration. It defines ``KIND``, the kind's name as
templates write it, and ``extract``, which returns the candidates of its fields. It may define
``TEMPLATE``, which classifies documents of the kind where no file in ``config/templates/`` does.
Documents of every other kind are extracted by ``GENERAL``.
"""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Protocol, cast

from clerkwork.documents.extract.read_document import Extracted, ReadDocument
from clerkwork.model.project.document_templates import Template

GENERAL = "purchase_order"  # labels with values, and a table of lines


class DocumentKind(Protocol):
    """The module of a kind of document.

    Attributes:
        KIND: The name of the kind, equal to the module's.
    """

    KIND: str

    def extract(self, document: ReadDocument) -> Extracted:
        """Return the candidates of the document's fields; nothing is decided here."""


def find_kinds() -> dict[str, DocumentKind]:
    """Return every kind with a layout of its own, by its name."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
        if not found.name.startswith("_")
    ]
    return {module.KIND: cast("DocumentKind", module) for module in modules}


def kind_for(name: str) -> DocumentKind:
    """Return the kind called *name*, or the general one where it has no layout of its own."""
    found = find_kinds()
    return found.get(name, found[GENERAL])


def own_templates(configured: Iterable[Template]) -> list[Template]:
    """Return the templates that kinds bring with them, of kinds without a configured one."""
    known = {template.kind for template in configured}
    found = [getattr(each, "TEMPLATE", None) for each in find_kinds().values()]
    return [each for each in found if isinstance(each, Template) and each.kind not in known]
