"""The HDF5 files of the splits: writing, reading, streaming."""
