"""Clerkwork: what a bot author imports, all of it.

Each name is imported when it is first used, because the command line imports this package too and
its help should not wait for what it does not need.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerkwork.browser.records.enter import enter_record, find_record
    from clerkwork.errors import ApplicationException, BusinessException
    from clerkwork.model.bots import Run, Screen, bot
    from clerkwork.model.documents.extraction import Extraction, FieldEvidence
    from clerkwork.model.orders import Document, OrderLine, PurchaseOrder, Receipt
    from clerkwork.model.work.attachments import Attachment

__version__ = "0.1.0"

__all__ = [
    "ApplicationException",
    "Attachment",
    "BusinessException",
    "Document",
    "Extraction",
    "FieldEvidence",
    "OrderLine",
    "PurchaseOrder",
    "Receipt",
    "Run",
    "Screen",
    "bot",
    "enter_record",
    "find_record",
]

if not TYPE_CHECKING:
    _HOMES = {
        "ApplicationException": "errors",
        "Attachment": "model.work.attachments",
        "BusinessException": "errors",
        "Document": "model.orders",
        "Extraction": "model.documents.extraction",
        "FieldEvidence": "model.documents.extraction",
        "OrderLine": "model.orders",
        "PurchaseOrder": "model.orders",
        "Receipt": "model.orders",
        "Run": "model.bots",
        "Screen": "model.bots",
        "bot": "model.bots",
        "enter_record": "browser.records.enter",
        "find_record": "browser.records.enter",
    }

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'clerkwork' has no attribute {name!r}")
        return getattr(import_module(f"clerkwork.{_HOMES[name]}"), name)
