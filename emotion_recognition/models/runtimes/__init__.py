"""What runs a network's ONNX copy: one file for each runtime, and a row in :mod:`.registry`."""
