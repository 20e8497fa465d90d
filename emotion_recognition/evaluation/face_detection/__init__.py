"""How well a face detector finds faces: average precision, recall by size, false alarms."""
