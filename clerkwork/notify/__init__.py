"""Messages to people outside the console, through the channels in the folder ``channels``."""
