"""Training: captioned photos -> a network."""
