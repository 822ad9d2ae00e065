"""Parsers of values: amounts, dates, identifiers."""
