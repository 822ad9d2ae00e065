"""The worker process, and the ``Run`` object that it passes to a bot."""
