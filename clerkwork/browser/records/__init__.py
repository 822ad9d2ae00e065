"""Records in a target: log in, search, open the form, fill, submit, read back."""
