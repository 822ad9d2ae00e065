"""The fallback queue: claim, answer, and the form a person fills in."""
