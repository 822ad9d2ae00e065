"""Irreversible acts on other systems: done once, and checked afterwards."""
