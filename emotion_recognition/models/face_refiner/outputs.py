"""What the second stage sees of a face, and what its numbers say of it.

The first stage's boxes come in; better ones, logits and landmarks go out. Needs NumPy alone. Next:
:mod:`emotion_recognition.models.face_refiner.fusion` puts both stages' scores together.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emotion_recognition.models.card import is_number, is_whole, shortened

#: What a card calls such a network.
NETWORK = "face_refiner"

#: Numbers that it says of a face: the logit of "face", four of its box, two of each of five landmarks.
OUTPUTS = 15

#: Columns of the box, and of the landmarks.
BOX, POINTS = slice(1, 5), slice(5, OUTPUTS)

#: No face is e to this power times as large as the box that led to it; keeps an untrained network's boxes finite.
_LARGEST_LOG = 1.0

_CARD_ENTRY = "view"


@dataclass(frozen=True)
class FaceView:
    """The square round a box that the network sees; it travels in its card.

    Args:
        size: Its height and width in pixels, a multiple of 16.
        context: Its side as a multiple of the box's size, √(width·height).

    Raises:
        ValueError: If a number is out of range.
    """

    size: int = 64
    context: float = 1.5

    def __post_init__(self) -> None:
        if not is_whole(self.size, 32, 256) or self.size % 16:
            raise ValueError(f"size must be a multiple of 16 within 32..256. Received: {shortened(self.size)}")
        if not is_number(self.context, 1, 4):
            raise ValueError(f"context must be within 1..4. Received: {shortened(self.context)}")

    def to_card(self) -> dict[str, Any]:
        """The card's part that :meth:`from_card` reads."""
        return {_CARD_ENTRY: asdict(self)}

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> "FaceView":
        """Reads what the network sees from its card.

        Raises:
            ValueError: If the card does not say it.
        """
        entry = card.get(_CARD_ENTRY)
        if not isinstance(entry, dict) or set(entry) != {"size", "context"}:
            raise ValueError(f"{_CARD_ENTRY} must hold a size and a context. Received: {shortened(entry)}")
        return cls(**entry)


def decode(outputs: np.ndarray, boxes: np.ndarray, view: FaceView) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the network's numbers say of the faces that it was shown.

    Args:
        outputs: float array (N, 15): the logit of "face"; from the middle of the view to that of the face, x and y, as
            shares of the view's side; the natural logarithms of the face's width and height over the size of the box
            that led to it; x and y of five landmarks as the middle's.
        boxes: float array (N, 4): x, y, width and height, in pixels, of the boxes that led to them.
        view: What the network saw.

    Returns:
        float64 arrays: logits (N,); boxes (N, 4), x, y, width and height in pixels; landmarks (N, 5, 2) in pixels.

    Example:
        >>> said = np.array([[2.0, 0.1, 0.0, 0.0, 0.0, *[0.0] * 10]])
        >>> logits, better, points = decode(said, np.array([[10.0, 10.0, 20.0, 20.0]]), FaceView(64, 1.5))
        >>> better.tolist(), points[0, 0].tolist()  # 0.1 of the view's 30 pixels to the right
        ([[13.0, 10.0, 20.0, 20.0]], [20.0, 20.0])
    """
    outputs, boxes = np.asarray(outputs, np.float64), np.asarray(boxes, np.float64)
    sizes = np.sqrt(boxes[:, 2:].prod(axis=1, keepdims=True))
    centres, sides = boxes[:, :2] + boxes[:, 2:] / 2, view.context * sizes
    middles = centres + outputs[:, 1:3] * sides
    lengths = sizes * np.exp(np.clip(outputs[:, 3:5], -_LARGEST_LOG, _LARGEST_LOG))
    points = outputs[:, POINTS].reshape(-1, 5, 2) * sides[:, None] + centres[:, None]
    return outputs[:, 0], np.hstack([middles - lengths / 2, lengths]), points
