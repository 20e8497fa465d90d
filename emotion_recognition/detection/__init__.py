"""Face detectors, emotion classifier, annotation of pictures."""
