"""The build road: a source's chunks become HDF5 splits."""
