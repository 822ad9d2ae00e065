"""Public test helpers: run a bot on one item, the purchasing portal, PostgreSQL and the demo."""
