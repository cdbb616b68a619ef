"""The network as it is served: its graphs in ONNX Runtime, arrays in and out, without PyTorch.

What it gives is what the reference in `onenet.network` gives, to 1e-4.
"""

import os

# Unless this is set before it is imported, ONNX Runtime keeps a number for the machine and tells Microsoft of
# its use (its Privacy.md); nobody who runs this has been asked.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
