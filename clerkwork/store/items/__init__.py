"""Work items: how they are added and found, and every change of their state."""
