"""Videos and cameras: frames in and out, identities, smoothing, a timeline."""
