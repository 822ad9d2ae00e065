"""One module per engine; what a module has to bring stands in ``clerkwork.documents.engine``."""
