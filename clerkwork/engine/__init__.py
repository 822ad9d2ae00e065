"""Durable execution: submitting items, running bots on them, effects, reviews and schedules."""
