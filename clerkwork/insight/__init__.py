"""From the run log to metrics."""
