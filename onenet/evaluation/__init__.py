"""Evaluation: how good a network is, by captions, by search and by words."""
