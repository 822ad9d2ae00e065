"""One execution of one item: reservation, checkpoints, limits, and failures."""
