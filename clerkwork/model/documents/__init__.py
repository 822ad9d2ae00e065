"""What is read from a document, and how far it is trusted."""
