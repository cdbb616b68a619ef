"""Inside: the 300 numbers of a photo."""
