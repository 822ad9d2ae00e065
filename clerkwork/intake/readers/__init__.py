"""Ways to turn a file into work items; each module declares one as ``READER``."""
