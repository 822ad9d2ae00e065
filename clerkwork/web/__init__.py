"""The console: one module per page, templates of the same name."""
