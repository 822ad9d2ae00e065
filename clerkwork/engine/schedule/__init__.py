"""Schedules: which instants are due, and what is done about missed ones."""
