"""Trains the second stage of the face detector."""
