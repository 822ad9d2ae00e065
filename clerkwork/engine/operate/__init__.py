"""Operators' actions: cancel, edit, requeue, delete old records, resume after a restore."""
