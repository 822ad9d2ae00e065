"""The browser in a child process: its host, profile folder, login state and egress proxy."""
