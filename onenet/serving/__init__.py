"""The network as it is served: its graphs in ONNX Runtime, arrays in and out, without PyTorch.

What it gives is what the reference in `onenet.network` gives, to 1e-4.
"""
