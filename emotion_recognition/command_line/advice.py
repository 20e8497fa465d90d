"""What a command line says of the arguments that a library's error is about: the option, or the script to run."""

#: From a name that :func:`~emotion_recognition.error_about.about` notes to the command line's words for it.
ADVICE = {
    "augmentation": "--augmentation",
    "balance": "--balance",
    "batch_size": "--batch_size",
    "card_confidence": "--card_confidence",
    "class_names": "--classes",
    "detector": "--detector",
    "detector_model": "--detector_model",
    "detector_size": "--detector_size",
    "ema": "--ema",
    "epochs": "-epochs",
    "every": "--every",
    "export": "--export",
    "export_onnx": "TrainNetwork.py --export onnx -im MODEL",
    "image_size": "--image_size",
    "input_model": "-im",
    "interpolation": "--interpolation",
    "label_smoothing": "--label_smoothing",
    "learning_rate": "-lr",
    "min_confidence": "--min_confidence",
    "network": "--network",
    "new_head": "--new_head",
    "optimizer": "--optimizer",
    "output": "--output",
    "output_name": "--output_name",
    "overwrite": "--overwrite",
    "patience": "--patience",
    "pixel_range": "--pixel_range",
    "resume": "--resume",
    "schedule": "--schedule",
    "seed": "--seed",
    "size": "--size",
    "smooth": "--smooth",
    "stages": "--stages",
    "tensorboard": "--tensorboard",
    "tta": "--tta",
    "votes_weight": "--votes_weight",
    "weight_decay": "--weight_decay",
}


def advice(names: tuple[str, ...]) -> str:
    """The words for some names, in brackets; empty where there are none.

    Example:
        >>> advice(("learning_rate", "overwrite"))
        ' (-lr; --overwrite)'
    """
    known = [ADVICE[name] for name in names if name in ADVICE]
    return f" ({'; '.join(known)})" if known else ""
