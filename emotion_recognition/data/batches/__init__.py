"""Splits become shuffled, augmented batches with their targets."""
