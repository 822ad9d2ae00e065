"""Reviews, and what people's answers say about automatic decisions."""
