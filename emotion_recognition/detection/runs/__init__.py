"""Runs over pictures and videos: inputs, output paths, outputs, a window."""
