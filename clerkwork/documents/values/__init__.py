"""The text of a value becomes a value: amounts, dates, identifiers."""
