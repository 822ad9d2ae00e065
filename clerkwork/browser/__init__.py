"""Enters and finds records in web systems, with Playwright in child processes."""
