"""Schedules: which instants are due, and what happens to missed ones."""
