"""Durable execution: submit, step, effect, ask, worker, sweep, schedule."""
