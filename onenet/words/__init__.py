"""Word games: neighbours and analogies, the odd one out, walks from one word to another."""
