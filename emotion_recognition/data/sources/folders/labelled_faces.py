"""From a labelled picture to the crops of its faces, just as the detector would show them to a network.

A picture file and boxes drawn by people go in, crops come out; data sets are built from them. The picture may also be
one face as a whole.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from emotion_recognition.data.sources.turned_boxes import turned_box
from emotion_recognition.pictures.crop import WHOLE, Framing, crop_faces
from emotion_recognition.pictures.faces import Box
from emotion_recognition.pictures.image_file import decode_image, read_encoded, read_image
from emotion_recognition.pictures.orientation import orientation_of

#: Of boxes that people draw, measured against those of OpenCV's SSD for the same faces, 322 on 250 photographs: these
#: are 1.09 times as large (in the middle half of the cases 1.01 to 1.25 times) and their centre is 0.06 of the drawn
#: box's size higher, because people tend to leave the forehead out. With the framing of
#: :class:`~emotion_recognition.detection.face_detectors.ssd_opencv.OpenCvSsdDetector` on top, a drawn box gives the
#: crop that the detector would.
DRAWN = Framing(scale=1.19, offset_x=0.0, offset_y=-0.05)

#: What becomes of the boxes on a picture that is turned: the stated size is that of its pixels as they are stored; or
#: none is stated.
TURNED, UNSURE = "turned", "unsure"


def read_labelled_faces(
    path: Path,
    boxes: Sequence[Box] | None,
    stated_size: tuple[int, int] | None = None,
    *,
    image_size: int,
    channels: int,
    say: Callable[[str], None] = lambda what: None,
) -> np.ndarray:
    """Reads a picture and cuts out its faces.

    Args:
        path: The picture.
        boxes: (x, y, width, height) of each face in pixels of the picture as it is stored where it has the stated size,
            else of the upright picture; parts outside it are cut off. None takes the picture as one face: the largest
            square in its middle.
        stated_size: Width and height that the picture must have, stored or upright, where the boxes' source says so.
        image_size: Height and width of the crops in pixels.
        channels: 1 for grey, 3 for colour.
        say: Called with :data:`TURNED` or :data:`UNSURE` for a picture that EXIF's orientation turned.

    Returns:
        uint8 array (N, image_size, image_size, channels), 0..255, grey or RGB.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no picture that can be read, has another size, or a box has its middle outside it.
        OSError: If it cannot be read.
    """
    if boxes is None:
        image = read_image(path)
        height, width = image.shape[:2]
        side = min(width, height)
        middle = ((width - side) // 2, (height - side) // 2, side, side)
        return crop_faces(image, [middle], WHOLE, image_size, channels=channels)
    encoded = read_encoded(path)
    image = decode_image(encoded, str(path))
    height, width = image.shape[:2]
    orientation = orientation_of(encoded)
    stored_size = (width, height) if orientation < 5 else (height, width)
    if orientation > 1 and stated_size == stored_size:
        boxes = [turned_box(box, stored_size, orientation) for box in boxes]
        say(TURNED)
    elif orientation > 1 and stated_size is None:
        say(UNSURE)
    elif stated_size not in (None, (width, height)):
        raise ValueError(
            f"{path} has {width}×{height} pixels, but its boxes are for {stated_size[0]}×{stated_size[1]}."
        )
    inside = [_inside(path, box, width, height) for box in boxes]
    return crop_faces(image, inside, DRAWN, image_size, channels=channels)


def _inside(path: Path, box: Box, width: int, height: int) -> Box:
    x, y, box_width, box_height = box
    if not (0 <= x + box_width / 2 <= width and 0 <= y + box_height / 2 <= height):
        raise ValueError(f"{path} has {width}×{height} pixels, and the box {box} has its middle outside them.")
    left, top = max(x, 0), max(y, 0)
    return left, top, min(x + box_width, width) - left, min(y + box_height, height) - top
