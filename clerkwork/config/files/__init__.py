"""Readers of the project's YAML files, each file into its model."""
