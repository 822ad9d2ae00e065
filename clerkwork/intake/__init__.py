"""Turns files that people send into work items."""
