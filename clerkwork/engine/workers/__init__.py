"""The worker process, and the ``Run`` that it gives to a bot."""
