"""Dreams: invented pictures of what is described."""
