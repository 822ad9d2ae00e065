"""The vocabulary of the toolkit as types: items, runs, reviews, orders, workflows. No I/O."""
