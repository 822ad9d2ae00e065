"""The only SQL of the toolkit: the tables, and one named function per statement."""
