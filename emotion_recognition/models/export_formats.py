"""The formats that a model is exported to; parsers take their choices from here, so nothing here needs Keras."""

from collections.abc import Sequence

#: What ``--export`` knows, and how the file or folder beside the model ends.
FORMATS = {"onnx": ".onnx", "litert": ".tflite", "saved_model": "_saved_model"}

#: How far a probability of a copy may be from the model's own.
MAX_DIFFERENCE = 1e-4


def check_formats(formats: Sequence[str]) -> None:
    """Refuses what is no list of formats.

    Raises:
        ValueError: If it is empty or names an unknown format.
    """
    if not formats or not set(formats) <= set(FORMATS):
        raise ValueError(f"export must be some of {','.join(FORMATS)}. Received: {','.join(formats)}")


def parse_formats(text: str) -> tuple[str, ...]:
    """The formats of a list with commas, each once.

    Raises:
        ValueError: If one of them is unknown.

    Example:
        >>> parse_formats("onnx,litert")
        ('onnx', 'litert')
    """
    formats = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    check_formats(formats)
    return formats
