"""What a command line says of the arguments that a library's error is about: the option, or the script to run."""

#: From a name that :func:`~emotion_recognition.error_about.about` notes to the command line's words for it.
ADVICE = {
    "learning_rate": "-lr",
    "overwrite": "--overwrite",
}


def advice(names: tuple[str, ...]) -> str:
    """The words for some names, in brackets; empty where there are none.

    Example:
        >>> advice(("learning_rate", "overwrite"))
        ' (-lr; --overwrite)'
    """
    known = [ADVICE[name] for name in names if name in ADVICE]
    return f" ({'; '.join(known)})" if known else ""
