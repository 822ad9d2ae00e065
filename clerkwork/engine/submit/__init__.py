"""Adds items: one at a time, in batches, or held back by a queue trigger."""
