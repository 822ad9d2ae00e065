"""One page: its controls, messages, values, and evidence."""
