"""Searches for the settings of training that do best on validation: many runs, each an ordinary one. Needs Optuna."""
