"""What data sets are built from: one reader for each kind of source, and what its labels mean."""
