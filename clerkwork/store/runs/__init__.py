"""Runs of items: events, workers, planned runs, and the effect ledger."""
