"""Documents: from a PDF or a picture to words, from words to fields with evidence."""

from clerkwork.documents.reader import DocumentReader

__all__ = ["DocumentReader"]
