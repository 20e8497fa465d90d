"""Sources -> HDF5 splits -> augmented batches."""
