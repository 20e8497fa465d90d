"""A classifier on labelled photographs: faces are found, cropped and classified as in detection."""
