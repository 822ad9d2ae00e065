"""Records in a target: log in, search, open, fill, submit, and read back."""
