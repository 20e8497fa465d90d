"""What a command line says of the arguments that a library's error is about: the option, or the script to run."""

#: From a name that :func:`~emotion_recognition.error_about.about` notes to the command line's words for it.
ADVICE = {
    "allow_bad": "--allow_bad",
    "augmentation": "--augmentation",
    "build_face_splits": "BuildFaceDataset.py writes it",
    "build_face_splits_again": "BuildFaceDataset.py --overwrite",
    "build_splits": "BuildDataset.py writes it",
    "build_splits_again": "BuildDataset.py --overwrite",
    "build_unlabelled": "BuildDataset.py --input test.csv writes it",
    "build_unlabelled_again": "BuildDataset.py --input test.csv --overwrite",
    "build_with_votes": "BuildDataset.py --votes fer2013new.csv builds it with votes",
    "classes": "--classes",
    "drop": "--drop",
    "input": "--input",
    "labels": "--labels",
    "learning_rate": "-lr",
    "longest_side": "--longest_side",
    "num_emotions": "-n",
    "overwrite": "--overwrite",
    "seed": "--seed",
    "test_share": "--test_share",
    "val_share": "--val_share",
    "votes": "--votes",
    "votes_weight": "--votes_weight",
}


def advice(names: tuple[str, ...]) -> str:
    """The words for some names, in brackets; empty where there are none.

    Example:
        >>> advice(("learning_rate", "overwrite"))
        ' (-lr; --overwrite)'
    """
    known = [ADVICE[name] for name in names if name in ADVICE]
    return f" ({'; '.join(known)})" if known else ""
