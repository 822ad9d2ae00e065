"""Irreversible acts on other systems: done exactly once, and verified afterwards."""
