"""The content of a project's files: workflows, targets, calendars, document templates."""
