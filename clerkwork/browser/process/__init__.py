"""The browser as a child process: its host, profile, login state, and proxy."""
