"""Reads purchase orders and invoices, scanned or digital; see README.md."""
