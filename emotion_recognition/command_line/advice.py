"""What a command line says of the arguments that a library's error is about: the option, or the script to run."""

#: From a name that :func:`~emotion_recognition.error_about.about` notes to the command line's words for it.
ADVICE = {
    "allow_bad": "--allow_bad",
    "any_direction": "--any_direction",
    "augmentation": "--augmentation",
    "balance": "--balance",
    "base_path": "-b",
    "batch_size": "--batch_size",
    "build_face_splits": "BuildFaceDataset.py writes it",
    "build_face_splits_again": "BuildFaceDataset.py --overwrite",
    "build_splits": "BuildDataset.py writes it",
    "build_splits_again": "BuildDataset.py --overwrite",
    "build_unlabelled": "BuildDataset.py --input test.csv writes it",
    "build_unlabelled_again": "BuildDataset.py --input test.csv --overwrite",
    "build_with_votes": "BuildDataset.py --votes fer2013new.csv builds it with votes",
    "card_confidence": "--card_confidence",
    "class_names": "--classes",
    "classes": "--classes",
    "detector": "--detector",
    "detector_model": "--detector_model",
    "detector_size": "--detector_size",
    "drop": "--drop",
    "ema": "--ema",
    "epochs": "-epochs",
    "every": "--every",
    "face_landmarks": "BuildFaceDataset.py --landmarks",
    "faceless_aside": "--faceless_aside",
    "export": "--export",
    "export_onnx": "TrainNetwork.py --export onnx -im MODEL",
    "ferplus_share": "--ferplus_share",
    "ferplus_weight": "--ferplus_weight",
    "find_faces": "--find_faces",
    "fit_prior": "--fit_prior",
    "image_size": "--image_size",
    "input": "--input",
    "input_model": "-im",
    "interpolation": "--interpolation",
    "keep": "--keep",
    "label_smoothing": "--label_smoothing",
    "labels": "--labels",
    "learning_rate": "-lr",
    "longest_side": "--longest_side",
    "min_confidence": "--min_confidence",
    "mirrored": "--mirrored",
    "network": "--network",
    "new_head": "--new_head",
    "num_emotions": "-n",
    "optimizer": "--optimizer",
    "output": "--output",
    "output_model": "-om",
    "output_name": "--output_name",
    "overwrite": "--overwrite",
    "patience": "--patience",
    "pixel_range": "--pixel_range",
    "resume": "--resume",
    "schedule": "--schedule",
    "prior_power": "--prior_power",
    "seed": "--seed",
    "size": "--size",
    "smooth": "--smooth",
    "stages": "--stages",
    "stream_above": "--stream_above",
    "tensorboard": "--tensorboard",
    "test_share": "--test_share",
    "tta": "--tta",
    "val_share": "--val_share",
    "votes": "--votes",
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
