"""Enters purchase orders in the purchasing portal; see README.md."""
