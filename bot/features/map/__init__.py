"""Maps of words and photos."""
