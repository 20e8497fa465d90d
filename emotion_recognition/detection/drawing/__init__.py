"""Draws what was found into pictures: boxes, labels, histograms, explanations."""
