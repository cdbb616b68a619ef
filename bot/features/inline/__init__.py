"""Inline mode: photos offered in any chat."""
