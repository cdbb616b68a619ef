"""Archives of photos brought into an index: from a folder, a list or an address, here or on many machines.

`sources` tells which photos are new, `encoding` makes representations of them, `cluster` has that done by the
workers of a Ray cluster, and `update` alone writes to the index. What is needed for addresses and for Ray is
brought by `pip install .[ray]`; without it nothing here imports it.
"""
