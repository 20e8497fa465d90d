"""The ONNX copy beside a model: where it lies, and whether it is that model's.

The model's card holds the SHA-256 of the copy and of the model file it was made from, so that no other file passes for
it. Written by :mod:`emotion_recognition.models.export_formats.onnx`, run by
:mod:`emotion_recognition.models.onnx_network`. Nothing here needs Keras.
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emotion_recognition.error_about import about
from emotion_recognition.models.card import check_same_model, is_whole, read_card, sha256_of, shortened
from emotion_recognition.workspace import beside

SUFFIX = ".onnx"

#: The largest height and width of an input, in pixels, that a card may state.
MOST_PIXELS = 4096

_CARD_ENTRY = "onnx"


@dataclass(frozen=True)
class CopyEntry:
    """What a card says of the ONNX copy.

    Args:
        sha256: That of the ONNX file.
        model_sha256: That of the model file it was made from.
        max_difference: Largest difference of an output between the copy in OpenCV and the model in Keras that was seen
            when it was made.
        image_size: Height and width of its input in pixels; 0 of a face detector, which takes every size.
        channels: Channels of its input.
    """

    sha256: str
    model_sha256: str
    max_difference: float
    image_size: int = 0
    channels: int = 3

    def check(self) -> None:
        """Refuses what no export writes.

        Raises:
            ValueError: If a value is of another kind, or out of range.
        """
        if not is_whole(self.image_size, 0, MOST_PIXELS) or not is_whole(self.channels, 1, 4):
            size, channels = shortened(self.image_size), shortened(self.channels)
            raise ValueError(f"image_size must be 0..{MOST_PIXELS} and channels 1..4. Received: {size} and {channels}")
        for name in ("sha256", "model_sha256"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} must be a text. Received: {shortened(getattr(self, name))}")

    def to_card(self) -> dict[str, Any]:
        """The card's part that :func:`read_copy` reads."""
        return {_CARD_ENTRY: asdict(self)}


@dataclass(frozen=True)
class OnnxCopy:
    """A copy that was found and belongs to its model.

    Args:
        path: The file.
        content: Its bytes.
        card: The whole card of its model.
        entry: The card's part on the copy.
    """

    path: Path
    content: bytes
    card: dict[str, Any]
    entry: CopyEntry


def copy_path(model_path: Path) -> Path:
    """Where a model's ONNX copy lies.

    Example:
        >>> copy_path(Path("output/a.keras")).as_posix()
        'output/a.onnx'
    """
    return beside(model_path, SUFFIX)


def read_copy(model_path: Path) -> OnnxCopy | None:
    """Reads a model's ONNX copy.

    Args:
        model_path: The model file, which may be missing where only its copy is installed; or the ONNX file itself.

    Returns:
        The copy; None when there is no ONNX file.

    Raises:
        ValueError: If the ONNX file beside the model is not its copy.
    """
    path = copy_path(model_path)
    if not path.is_file():
        return None
    card = read_card(model_path, check_model=False)
    if card is None or _CARD_ENTRY not in card:
        raise _stale(f"{path} is unknown to {beside(model_path, '.json')}, the model's card")
    try:
        entry = CopyEntry(**card[_CARD_ENTRY])
        entry.check()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{beside(model_path, '.json')} does not describe the ONNX copy as it must: {error}"
        ) from error
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise _stale(f"{path} is not the copy that the model's card describes")
    if model_path != path and model_path.is_file():
        of_model = sha256_of(model_path)
        if of_model != entry.model_sha256:
            raise _stale(f"{path} is the copy of an earlier {model_path.name}")
        check_same_model(model_path, card, of_model)
    return OnnxCopy(path, content, card, entry)


def _stale(what: str) -> ValueError:
    return about(ValueError(f"{what}; delete it, or export the model again"), "export_onnx")
