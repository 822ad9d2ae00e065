"""One execution of one item: reservation, checkpoints, time limits, and failures."""
