"""Places that work items come from; each module declares one as ``SOURCE``."""
