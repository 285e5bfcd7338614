"""How good the local provider's answers are, through the public API, on the labelled pictures of the shared data."""
