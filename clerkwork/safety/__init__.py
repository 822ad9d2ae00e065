"""Redaction of secrets before anything is written."""
