"""An update comes in once, its answer goes out once: inbox, dispatch, turns, the connection."""
