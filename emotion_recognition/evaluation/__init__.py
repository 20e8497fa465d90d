"""Predictions -> metrics -> report."""
