"""Trains the project's own face detector: pictures with boxes go in, a network and its card come out."""
