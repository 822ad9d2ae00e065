"""What the files of a project say: workflows, targets, calendars, document templates."""
