"""Playwright sessions in child processes: screens, evidence, limits."""
