"""Values read from documents, and their confidence."""
