"""Several handlers as one, one strategy a file."""
