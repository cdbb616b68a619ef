"""Search: photos read from files, kept in an index, and found by likeness, description or change."""
