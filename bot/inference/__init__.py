"""The one thread that runs the network, its fair queue and its limits."""
