"""The crash campaign: real workers of the real engine are killed, thousands of times, by a seed.

A bot enters orders over HTTP into a target that has no unique constraint, takes its time to
commit, loses answers and now and then acknowledges what it never stored. Workers are killed at
random instants and at the boundaries of steps. In the end the target's own database is compared
with what was submitted.
"""
