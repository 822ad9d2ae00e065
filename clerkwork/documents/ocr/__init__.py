"""Optical character recognition: the image of a page becomes tokens."""
