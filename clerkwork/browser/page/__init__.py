"""One page of a target: its controls, values, evidence and the wait until it is idle."""
