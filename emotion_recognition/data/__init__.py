"""Sources -> arrays -> HDF5 -> augmented batches."""
