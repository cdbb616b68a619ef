"""Mix: what lies between two photos."""
