"""What a command line says of the arguments that a library's error is about: the option, or the script to run."""

#: From a name that :func:`~emotion_recognition.error_about.about` notes to the command line's words for it.
ADVICE = {
    "batch_size": "--batch_size",
    "class_names": "--classes",
    "detector": "--detector",
    "detector_model": "--detector_model",
    "detector_size": "--detector_size",
    "every": "--every",
    "export_onnx": "TrainNetwork.py --export onnx -im MODEL",
    "interpolation": "--interpolation",
    "learning_rate": "-lr",
    "min_confidence": "--min_confidence",
    "output": "--output",
    "output_name": "--output_name",
    "overwrite": "--overwrite",
    "pixel_range": "--pixel_range",
    "smooth": "--smooth",
    "tta": "--tta",
}


def advice(names: tuple[str, ...]) -> str:
    """The words for some names, in brackets; empty where there are none.

    Example:
        >>> advice(("learning_rate", "overwrite"))
        ' (-lr; --overwrite)'
    """
    known = [ADVICE[name] for name in names if name in ADVICE]
    return f" ({'; '.join(known)})" if known else ""
