"""The formats that a model is exported to: a file and a row each; choices and help texts come from the rows.

Nothing here needs Keras; the files of the formats do, and are imported when one is written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from emotion_recognition.error_about import about
from emotion_recognition.models.onnx_copy import SUFFIX

#: Writes a copy of a network: from the model file, the network in it and its class names to the given place; of a
#: format that needs training images, those come last, as a uint8 array (N, height, width, channels).
WriteCopy = Callable[..., None]


@dataclass(frozen=True)
class ExportFormat:
    """What is known of a format before anything is written.

    Args:
        name: What it is called; its file in this folder is too, and has the function ``write_copy``.
        ending: How the name of the copy, which lies beside the model, goes on after the model's stem.
        summary: What runs it, in a few words.
        needs_images: Whether it is fitted to training images.
    """

    name: str
    ending: str
    summary: str
    needs_images: bool = False

    def open(self) -> WriteCopy:
        """The function that writes it; imports Keras."""
        write: WriteCopy = import_module(f"{__name__}.{self.name}").write_copy
        return write


#: Every format, by its name.
FORMATS: dict[str, ExportFormat] = {
    row.name: row
    for row in (
        ExportFormat("onnx", SUFFIX, "OpenCV, ONNX Runtime and most others; what detection here runs"),
        ExportFormat(
            "onnx_int8", f"_int8{SUFFIX}", "ONNX Runtime; int8 weights, faster; needs the training split", True
        ),
        ExportFormat("litert", ".tflite", "LiteRT, formerly TensorFlow Lite, on phones and small boards"),
        ExportFormat("saved_model", "_saved_model", "TensorFlow and its server; a folder"),
        ExportFormat("float16", "_float16.keras", "Keras; weights rounded to float16, half the size"),
        ExportFormat("compact", "_compact.keras", "Keras; weights rounded to few steps, a quarter of the size"),
    )
}

#: What a face detector, whose input has no fixed size, is exported to.
FACE_DETECTOR_FORMATS = ("onnx",)


def check_formats(formats: Sequence[str], known: Sequence[str] = tuple(FORMATS)) -> None:
    """Refuses what is no list of formats.

    Raises:
        ValueError: If it is empty or names an unknown format.
    """
    if not formats or not set(formats) <= set(known):
        message = f"export must be some of {','.join(known)}. Received: {','.join(formats)}"
        raise about(ValueError(message), "export")


def parse_formats(text: str, known: Sequence[str] = tuple(FORMATS)) -> tuple[str, ...]:
    """The formats of a list with commas, each once.

    Args:
        text: The list.
        known: Those that a model can be exported to.

    Raises:
        ValueError: If one of them is unknown.

    Example:
        >>> parse_formats("onnx,litert")
        ('onnx', 'litert')
    """
    formats = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    check_formats(formats, known)
    return formats


def formats_help() -> str:
    """A line for each format, for the end of a help text."""
    return "\n".join(f"  {row.name:<12} {row.summary}" for row in FORMATS.values())
