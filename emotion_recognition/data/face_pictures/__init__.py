"""Photographs with a box for each face: sources -> HDF5 -> :class:`.split.FaceSplit`, to train face detectors with."""
