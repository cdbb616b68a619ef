"""Dreams: the network run backwards all the way, description -> representation -> pixels."""
