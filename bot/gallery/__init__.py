"""The folder of photos that everyone may search: watched, indexed, uploaded once."""
