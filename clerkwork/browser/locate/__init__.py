"""Finds a field or button on a page by its words, place, and past look."""
