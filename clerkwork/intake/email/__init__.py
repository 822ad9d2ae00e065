"""Mailboxes and the parts of a mail."""
