"""Turns a recorded session of a person into a target's description, and verifies it by replay."""
