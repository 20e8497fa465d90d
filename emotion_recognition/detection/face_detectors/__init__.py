"""Face detectors: each finds the faces of a picture; opened by name."""
