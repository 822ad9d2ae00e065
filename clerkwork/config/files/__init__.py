"""The project's YAML files, each read into its model."""
