"""Approves purchase orders."""
