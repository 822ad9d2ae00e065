"""Optical character recognition: from the image of a page to words."""
