"""What a caller may say of a model that its card does not say, or says otherwise.

Needs nothing, so that a parser can offer the choices. Next: :mod:`emotion_recognition.models.conventions` joins it with
the card.
"""

from dataclasses import dataclass

from emotion_recognition.error_about import about

#: Lowest and highest pixel value that a network may expect, by the name that cards and callers have for it.
PIXEL_RANGES = {"0..255": (0.0, 255.0), "0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0)}

#: The range of a network that scales pixels itself, as the project's own do.
DEFAULT_PIXEL_RANGE = "0..255"

#: How images are resized, see :func:`~emotion_recognition.pictures.interpolation.interpolation_code`.
INTERPOLATIONS = ("auto", "area", "linear", "cubic")

#: What a network's outputs are: told from their values, probabilities, logits, or one sigmoid score for each class.
OUTPUTS = ("auto", "probabilities", "logits", "sigmoid")


@dataclass(frozen=True)
class ModelOptions:
    """What the caller says of all models that are given together; None leaves it to each model's card.

    Args:
        class_names: The outputs' classes of a model whose card does not name them, in the order of its outputs.
        pixel_range: Key of :data:`PIXEL_RANGES`: the pixel values that the models expect.
        interpolation: One of :data:`INTERPOLATIONS`: how images are resized for the models.
        output: One of :data:`OUTPUTS`: what the models' outputs are.

    Raises:
        ValueError: If there is no such range, interpolation or kind of output.

    Example:
        >>> ModelOptions(pixel_range="-1..1", interpolation="linear").output is None
        True
    """

    class_names: tuple[str, ...] | None = None
    pixel_range: str | None = None
    interpolation: str | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        for name, known in (("pixel_range", PIXEL_RANGES), ("interpolation", INTERPOLATIONS), ("output", OUTPUTS)):
            value = getattr(self, name)
            if value is not None and value not in known:
                raise about(ValueError(f"{name} must be one of {list(known)}. Received: {value!r}"), name)
