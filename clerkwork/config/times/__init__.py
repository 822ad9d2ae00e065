"""Times and time zones: cron expressions, local time, and the instants of a schedule."""
