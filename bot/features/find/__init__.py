"""Photos that fit words, and photos changed by words."""
