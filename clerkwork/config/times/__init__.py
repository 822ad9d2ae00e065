"""Cron expressions, local time, and the instants at which a schedule is due."""
