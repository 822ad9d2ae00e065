"""Finds a field or button on a page by its label, its position and its recorded fingerprint."""
