"""Prior boxes: the places and sizes that the detector says "a face, or not" about.

Sizes go in, boxes come out; next: :mod:`emotion_recognition.models.face_ssd.box_coding` measures faces against them.
Needs NumPy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emotion_recognition.models.card import is_number, is_whole, shortened

#: What a card calls a network that speaks of prior boxes.
NETWORK = "face_ssd"

#: Numbers that it says of each of them: the logit of "face", then four offsets.
OUTPUTS_PER_BOX = 5

#: Landmarks of a face, and the numbers that a network with landmarks says of each prior box beside those above.
LANDMARKS = 5
LANDMARK_OUTPUTS_PER_BOX = 2 * LANDMARKS

#: Pixels of the input between neighbouring places, on the feature maps from fine to coarse.
STRIDES = (8, 16, 32, 64)

_CARD_ENTRY = "priors"

#: What a card may state; with more, the boxes of one picture would not fit into memory.
_MOST_MAPS, _MOST_BOXES, _MOST_STRIDE, _MOST_SIZE = 8, 64, 1024, 1e5
_ASPECT_RATIOS, _VARIANCES = (-100.0, 100.0), (-100.0, 100.0)


@dataclass(frozen=True)
class PriorSettings:
    """The prior boxes of a network; they travel in its card.

    Args:
        strides: Pixels of the input between neighbouring places, one entry for each feature map, rising; each divides
            the last.
        sizes: For each feature map the sizes of its boxes, the root of their area in pixels of the input.
        aspect_ratio: Width of every box over its height.
        variances: What an offset of 1 means: this share of the prior's size for a centre, and of the natural
            logarithm for a width or height (Liu et al. 2016).

    Raises:
        ValueError: If the numbers are no such description.

    Example:
        >>> PriorSettings(strides=(8,), sizes=((10.0, 15.0),), aspect_ratio=0.8).boxes_per_place
        (2,)
    """

    strides: tuple[int, ...]
    sizes: tuple[tuple[float, ...], ...]
    aspect_ratio: float
    variances: tuple[float, float] = (0.1, 0.2)

    def __post_init__(self) -> None:
        if not self.strides or list(self.strides) != sorted(set(self.strides)) or self.strides[0] < 1:
            raise ValueError(f"strides must rise from at least 1. Received: {self.strides}")
        if any(self.strides[-1] % stride for stride in self.strides):
            raise ValueError(f"strides must divide the largest of them. Received: {self.strides}")
        if len(self.sizes) != len(self.strides) or not all(_are_positive(sizes) for sizes in self.sizes):
            raise ValueError(
                f"sizes must have positive numbers for each of {len(self.strides)} strides. Received: {self.sizes}"
            )
        if not _are_positive([self.aspect_ratio]):
            raise ValueError(f"aspect_ratio must be a number above 0. Received: {self.aspect_ratio}")
        if len(self.variances) != 2 or not _are_positive(self.variances):
            raise ValueError(f"variances must be two numbers above 0. Received: {self.variances}")

    @property
    def boxes_per_place(self) -> tuple[int, ...]:
        """How many boxes stand at one place of each feature map."""
        return tuple(len(sizes) for sizes in self.sizes)

    def to_card(self) -> dict[str, Any]:
        """The part of a model's card that :meth:`from_card` reads."""
        return {_CARD_ENTRY: asdict(self)}

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> "PriorSettings":
        """The prior boxes that a card describes.

        Raises:
            ValueError: If it describes none.
        """
        entry = card.get(_CARD_ENTRY)
        if not isinstance(entry, Mapping) or not _is_description(entry):
            raise ValueError(f"the card describes no prior boxes. Received: {shortened(entry)}")
        return cls(
            strides=tuple(entry["strides"]),
            sizes=tuple(tuple(map(float, sizes)) for sizes in entry["sizes"]),
            aspect_ratio=float(entry["aspect_ratio"]),
            variances=(float(entry["variances"][0]), float(entry["variances"][1])),
        )


def has_landmarks(card: Mapping[str, Any]) -> bool:
    """Whether a card says that its network finds landmarks.

    Raises:
        ValueError: If it speaks of another number of landmarks than :data:`LANDMARKS`.
    """
    stated = card.get("landmarks", 0)
    if isinstance(stated, bool) or stated not in (0, LANDMARKS):
        raise ValueError(f"the card must state {LANDMARKS} landmarks, or none. Received: {shortened(stated)}")
    return bool(stated)


def _is_description(entry: Mapping[str, Any]) -> bool:
    """Whether a card's entry has lists and numbers where it must, of sizes that a network can have."""
    strides, sizes, variances = (entry.get(name) for name in ("strides", "sizes", "variances"))
    if not all(isinstance(part, list | tuple) and len(part) <= _MOST_MAPS for part in (strides, sizes, variances)):
        return False
    assert isinstance(strides, list | tuple)  # for mypy, which does not follow all()
    assert isinstance(sizes, list | tuple)
    assert isinstance(variances, list | tuple)
    if not all(isinstance(row, list | tuple) and len(row) <= _MOST_BOXES for row in sizes):
        return False
    lengths = [size for row in sizes for size in row]
    return (
        all(is_whole(stride, 1, _MOST_STRIDE) for stride in strides)
        and all(is_number(length, 0, _MOST_SIZE) for length in lengths)
        and len(variances) == 2
        and all(is_number(variance, *_VARIANCES) for variance in variances)
        and is_number(entry.get("aspect_ratio"), *_ASPECT_RATIOS)
    )


def _are_positive(numbers: Sequence[float]) -> bool:
    return len(numbers) > 0 and all(0 < number < float("inf") for number in numbers)


def make_priors(height: int, width: int, settings: PriorSettings) -> np.ndarray:
    """All prior boxes of an input, in the order in which the network speaks of them.

    Feature map by feature map, there row by row, column by column, size by size; each centred on its place.

    Args:
        height: Height of the input in pixels, a multiple of the largest stride.
        width: Its width, likewise.
        settings: The sizes.

    Returns:
        float32 array (P, 4): centre x, centre y, width and height in pixels of the input.

    Raises:
        ValueError: If the input has no such size.

    Example:
        >>> make_priors(8, 16, PriorSettings(strides=(8,), sizes=((10.0,),), aspect_ratio=1.0)).tolist()
        [[4.0, 4.0, 10.0, 10.0], [12.0, 4.0, 10.0, 10.0]]
    """
    for name, side in (("height", height), ("width", width)):
        if side < 1 or side % settings.strides[-1]:
            raise ValueError(f"{name} must be a positive multiple of {settings.strides[-1]}. Received: {side}")
    stretch = settings.aspect_ratio**0.5
    levels = []
    for stride, sizes in zip(settings.strides, settings.sizes, strict=True):
        boxes = np.empty((height // stride, width // stride, len(sizes), 4), np.float32)
        boxes[..., 0] = ((np.arange(width // stride) + 0.5) * stride)[None, :, None]
        boxes[..., 1] = ((np.arange(height // stride) + 0.5) * stride)[:, None, None]
        boxes[..., 2] = np.multiply(sizes, stretch)
        boxes[..., 3] = np.divide(sizes, stretch)
        levels.append(boxes.reshape(-1, 4))
    return np.concatenate(levels)


def choose_priors(boxes: np.ndarray, boxes_per_place: tuple[int, ...] = (4, 2, 2, 2)) -> PriorSettings:
    """Chooses the prior boxes that suit a data set's faces.

    The sizes stand at equal ratios between the smallest and the largest face, but for a share of 2 % at either end, so
    that no face lies further from its nearest prior than another: k-means, which crowds them where faces are many,
    leaves the large ones far from any. The feature maps share them out from fine to coarse.

    Args:
        boxes: float array (N, 2): widths and heights of faces in pixels of the network's input, as training shows them.
        boxes_per_place: How many sizes each feature map of :data:`STRIDES` gets, at least 1.

    Raises:
        ValueError: If there are no boxes, one has no size, or there are no such feature maps.

    Example:
        >>> sides = np.geomspace(10, 160, 1001)
        >>> priors = choose_priors(np.stack([sides, sides], axis=1), (2, 1, 1, 1))
        >>> [round(size) for sizes in priors.sizes for size in sizes], priors.aspect_ratio
        ([11, 21, 40, 78, 151], 1.0)
    """
    if len(boxes) == 0 or not (np.isfinite(boxes) & (boxes > 0)).all():
        lowest = f", the smallest number {np.min(boxes):g}" if len(boxes) else ""
        raise ValueError(f"boxes must be widths and heights above 0, at least one. Received: {len(boxes)}{lowest}")
    if not 1 <= len(boxes_per_place) <= len(STRIDES) or min(boxes_per_place) < 1:
        raise ValueError(
            f"boxes_per_place must be at least 1 for each of 1..{len(STRIDES)} feature maps. "
            f"Received: {boxes_per_place}"
        )
    sizes = np.sqrt(boxes[:, 0] * boxes[:, 1])
    low, high = np.quantile(sizes, (0.02, 0.98))
    ladder = [round(float(size), 1) for size in np.geomspace(low, high, sum(boxes_per_place))]
    shares, start = [], 0
    for count in boxes_per_place:
        shares.append(tuple(ladder[start : start + count]))
        start += count
    aspect = float(np.exp(np.median(np.log(boxes[:, 0] / boxes[:, 1]))))
    return PriorSettings(STRIDES[: len(shares)], tuple(shares), round(aspect, 3))
