"""The benchmark: variants of the network side by side in one run. Nothing that serves imports it."""
