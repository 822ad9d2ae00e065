"""Clerkwork: what a bot author imports, all of it."""

from clerkwork.errors import ApplicationException, BusinessException
from clerkwork.model.bots import Run, Screen, bot
from clerkwork.model.extraction import Extraction, FieldEvidence
from clerkwork.model.orders import Document, OrderLine, PurchaseOrder, Receipt

__version__ = "0.1.0"

__all__ = [
    "ApplicationException",
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
]
