"""The fallback queue: claim, answer, and the form of a review."""
