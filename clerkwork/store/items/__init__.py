"""Work items: adding and finding them, and every change of their state."""
