"""Maps: words and photos laid out by likeness, as pictures and as pages that pan, zoom and search."""
