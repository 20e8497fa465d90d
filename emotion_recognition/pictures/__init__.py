"""Pixels, the layer below data and detection: reading pictures, their headers, resizing, boxes and faces, crops."""
