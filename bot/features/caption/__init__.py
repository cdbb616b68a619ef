"""Captions: of a photo, of an album, the next-best one."""
