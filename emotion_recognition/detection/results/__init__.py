"""Results as JSON, CSV, text and crops."""
