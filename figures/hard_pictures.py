"""Pictures that may be published, with marked faces, and harder versions of them, for the README's contact sheet.

All come with this repository or with packages in requirements.txt; nothing is downloaded. Eileen Collins (NASA, public
domain) is the sample photograph. Grace Hopper (United States Navy, public domain) is among Matplotlib's sample data.
China and a flower (CC BY 2.0, by danielbuechele and vultilion on Flickr) are scikit-learn's sample images; they have no
faces.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import Workspace

#: The faces, marked by eye from the hairline, or the cap, to the chin: x, y, width, height in pixels.
_COLLINS, _HOPPER = (176.0, 66.0, 98.0, 118.0), (172.0, 125.0, 186.0, 206.0)

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class HardPicture:
    """A picture and its true faces.

    Args:
        words: What has been done to it.
        image: BGR uint8 array (height, width, 3), 0..255.
        boxes: x, y, width and height of each face in pixels.
    """

    words: str
    image: np.ndarray
    boxes: tuple[_Box, ...]


def hard_pictures() -> list[HardPicture]:
    """The pictures of the contact sheet: faces as they are, made harder, and pictures without one.

    Raises:
        OSError: If a picture is missing from an installation.
    """
    from matplotlib.cbook import get_sample_data
    from sklearn.datasets import load_sample_image

    collins = HardPicture("as it is", read_image(Workspace().sample_photo), (_COLLINS,))
    hopper = HardPicture("as it is", read_image(Path(get_sample_data("grace_hopper.jpg", asfileobj=False))), (_HOPPER,))
    china, flower = (np.ascontiguousarray(load_sample_image(f"{name}.jpg")[..., ::-1]) for name in ("china", "flower"))
    return [
        collins,
        hopper,
        mirrored(collins),
        *(turned(collins, degrees) for degrees in (30, 60, 90)),
        turned(hopper, 30),
        turned(hopper, 180),
        darkened(hopper, 0.04),
        blurred(collins, 10),
        half_covered(collins),
        half_covered(hopper),
        masked(collins),
        masked(hopper),
        pasted(china, [(collins, 32), (hopper, 20), (collins, 14), (hopper, 9), (collins, 6)]),
        mosaic([collins, hopper], 4),
        mosaic([collins, hopper], 9, tile=40),
        enlarged(hopper),
        HardPicture("no face", china, ()),
        HardPicture("no face", flower, ()),
    ]


def mirrored(picture: HardPicture) -> HardPicture:
    """Left and right exchanged."""
    width = picture.image.shape[1]
    boxes = tuple((width - x - w, y, w, h) for x, y, w, h in picture.boxes)
    return HardPicture("mirrored", np.ascontiguousarray(picture.image[:, ::-1]), boxes)


def turned(picture: HardPicture, degrees: float) -> HardPicture:
    """Turned clockwise round the middle; the boxes are those of the turned ellipses in the boxes."""
    height, width = picture.image.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    # OpenCV counts counterclockwise on the screen.
    matrix = cv2.getRotationMatrix2D(middle, -degrees, 1.0)
    image = cv2.warpAffine(picture.image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    boxes = []
    for x, y, w, h in picture.boxes:
        # Pixel centres are whole numbers to the matrix, and half ones to a box.
        centre = matrix @ (x + w / 2 - 0.5, y + h / 2 - 0.5, 1.0) + 0.5
        new_w, new_h = math.hypot(w * cos, h * sin), math.hypot(w * sin, h * cos)
        boxes.append((float(centre[0]) - new_w / 2, float(centre[1]) - new_h / 2, new_w, new_h))
    return HardPicture(f"turned by {degrees:g}°", image, tuple(boxes))


def darkened(picture: HardPicture, share: float) -> HardPicture:
    """With this share of its light."""
    return HardPicture(f"{share:.0%} of the light", (picture.image * share).astype(np.uint8), picture.boxes)


def blurred(picture: HardPicture, radius: float) -> HardPicture:
    """Out of focus by a Gaussian of this standard deviation in pixels."""
    return HardPicture("out of focus", cv2.GaussianBlur(picture.image, (0, 0), radius), picture.boxes)


def half_covered(picture: HardPicture) -> HardPicture:
    """The face's right half, as the viewer sees it, behind a grey board."""
    image = picture.image.copy()
    for x, y, w, h in picture.boxes:
        left, top, bottom = round(x + w / 2), round(y - 0.3 * h), round(y + 1.2 * h)
        image[max(0, top) : bottom, left : round(x + 1.3 * w)] = 128
    return HardPicture("half covered", image, picture.boxes)


def masked(picture: HardPicture) -> HardPicture:
    """Nose and mouth behind a plain polygon in the colour of a medical mask."""
    image = picture.image.copy()
    outline = ((0.03, 0.52), (0.5, 0.42), (0.97, 0.52), (0.93, 0.82), (0.5, 1.03), (0.07, 0.82))
    for x, y, w, h in picture.boxes:
        points = np.array([(x + across * w, y + down * h) for across, down in outline])
        cv2.fillPoly(image, [np.rint(points).astype(np.int32)], (222, 200, 160), cv2.LINE_AA)
    return HardPicture("masked", image, picture.boxes)


def enlarged(picture: HardPicture) -> HardPicture:
    """Cut so closely that the only face fills it."""
    ((x, y, w, h),) = picture.boxes
    left, top = round(x), round(y)
    image = np.ascontiguousarray(picture.image[top : round(y + h), left : round(x + w)])
    return HardPicture("nothing but the face", image, ((x - left, y - top, w, h),))


def pasted(ground: np.ndarray, faces: list[tuple[HardPicture, float]]) -> HardPicture:
    """Portraits side by side on another picture, each so small that its face is so many pixels high."""
    image, boxes, left = ground.copy(), [], 10
    for portrait, height in faces:
        factor = height / portrait.boxes[0][3]
        small, moved = _shrunk(portrait, factor)
        top = image.shape[0] - small.shape[0] - 10
        image[top : top + small.shape[0], left : left + small.shape[1]] = small
        boxes += [(x + left, y + top, w, h) for x, y, w, h in moved]
        left += small.shape[1] + 10
    return HardPicture("faces of " + ", ".join(f"{height:g}" for _, height in faces) + " pixels", image, tuple(boxes))


def mosaic(pictures: list[HardPicture], side: int, tile: int = 64) -> HardPicture:
    """A square of ``side`` × ``side`` portraits of ``tile`` pixels, the given ones in turn."""
    image, boxes = np.zeros((side * tile, side * tile, 3), np.uint8), []
    for place in range(side * side):
        picture = pictures[(place + place // side) % len(pictures)]
        height, width = picture.image.shape[:2]
        edge = min(height, width)
        square = HardPicture("", picture.image[:edge, :edge], picture.boxes)
        small, moved = _shrunk(square, tile / edge)
        top, left = place // side * tile, place % side * tile
        image[top : top + tile, left : left + tile] = small
        boxes += [(x + left, y + top, w, h) for x, y, w, h in moved]
    return HardPicture(f"{side * side} faces", image, tuple(boxes))


def _shrunk(picture: HardPicture, factor: float) -> tuple[np.ndarray, list[_Box]]:
    height, width = (round(side * factor) for side in picture.image.shape[:2])
    image = cv2.resize(picture.image, (width, height), interpolation=cv2.INTER_AREA)
    across, down = width / picture.image.shape[1], height / picture.image.shape[0]
    return image, [(x * across, y * down, w * across, h * down) for x, y, w, h in picture.boxes]
