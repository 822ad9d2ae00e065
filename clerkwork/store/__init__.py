"""The only SQL of the toolkit: tables, and one named function per statement."""
