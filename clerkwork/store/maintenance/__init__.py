"""Backup, restore, and deletion of old records."""
