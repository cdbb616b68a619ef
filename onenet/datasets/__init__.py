"""Data sets: fetched, read as they lie on disk, and as the frozen encoder sees them."""
