"""The bots of this project, one package each."""
