"""Photos found in memory and gallery, and how they are shown."""
