"""Why: where in a photo the network saw each word of its caption."""
