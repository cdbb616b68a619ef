"""Formats: image files known by their first bytes, opened without their metadata, which may be broken."""
