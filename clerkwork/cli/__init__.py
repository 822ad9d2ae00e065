"""The command line: one module per command in ``commands``, errors to exit statuses in ``main``."""
