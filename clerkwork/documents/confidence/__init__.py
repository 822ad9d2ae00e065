"""How far each value is trusted, and what confirms or contradicts it."""
