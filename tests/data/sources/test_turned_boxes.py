"""Boxes on pictures that lie on their side: OpenCV turns the picture, and so shows where the painted face goes."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from emotion_recognition.data.face_pictures.stored_picture import PictureStorage, store_picture
from emotion_recognition.data.sources.folders.labelled_faces import TURNED, UNSURE, read_labelled_faces
from emotion_recognition.data.sources.turned_boxes import turned_box
from emotion_recognition.pictures.image_file import decode_image

BOX = (12, 30, 24, 16)


def lying(orientation: int, width: int = 96, height: int = 64) -> bytes:
    """A dark JPEG with a white rectangle at BOX of the pixels as they are stored, and an EXIF orientation."""
    image = np.random.default_rng(0).integers(0, 40, (height, width, 3), dtype=np.uint8)
    x, y, box_width, box_height = BOX
    image[y : y + box_height, x : x + box_width] = 255
    encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 100))[1].tobytes()
    tiff = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x0112, 3, 1, orientation, 0)
    part = b"Exif\0\0" + tiff
    return encoded[:2] + b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part + encoded[2:]


@pytest.mark.parametrize("size", [(96, 64), (64, 64)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_goes_where_its_face_goes(orientation: int, size: tuple[int, int]) -> None:
    encoded = lying(orientation, *size)
    upright = decode_image(encoded, "a.jpg")
    assert upright.shape[:2] == (size[::-1] if orientation < 5 else size)
    x, y, width, height = turned_box(BOX, size, orientation)
    inside = np.zeros(upright.shape[:2], bool)
    inside[y : y + height, x : x + width] = True
    assert inside.sum() == BOX[2] * BOX[3]
    assert upright[inside].min() > 200
    assert upright[~inside].max() < 100


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_of_the_stored_pixels_are_turned_and_it_is_said(tmp_path: Path, orientation: int) -> None:
    path, said = tmp_path / "a.jpg", []
    path.write_bytes(lying(orientation))
    (face,) = read_labelled_faces(path, [BOX], (96, 64), image_size=48, channels=1, say=said.append)
    assert face[20:28, 20:28].min() > 200
    assert said == ([] if orientation == 1 else [TURNED])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [".tif", ".png"])
def test_so_are_those_of_other_formats(tmp_path: Path, kind: str, orientation: int) -> None:
    """OpenCV turns every TIFF; a PNG of 10 bits in 16 is stretched when it is read."""
    stored = cv2.imdecode(np.frombuffer(lying(1), np.uint8), cv2.IMREAD_GRAYSCALE)
    pixels = stored if kind == ".tif" else stored.astype(np.uint16) * 4
    path, said = tmp_path / f"a{kind}", []
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, exif=exif)
    (face,) = read_labelled_faces(path, [BOX], (96, 64), image_size=48, channels=1, say=said.append)
    assert face[20:28, 20:28].min() > 200
    assert said == ([] if orientation == 1 else [TURNED])


def test_boxes_of_the_upright_picture_stay(tmp_path: Path) -> None:
    path, said = tmp_path / "a.jpg", []
    path.write_bytes(lying(6))
    # By hand: turned clockwise, x is 64 - 30 - 16 from the left and y is 12.
    (face,) = read_labelled_faces(path, [(18, 12, 16, 24)], (64, 96), image_size=48, channels=1, say=said.append)
    assert face[20:28, 20:28].min() > 200
    assert said == []
    read_labelled_faces(path, [(18, 12, 16, 24)], None, image_size=48, channels=1, say=said.append)
    assert said == [UNSURE]


def test_a_stored_face_picture_says_whether_it_was_turned() -> None:
    assert [store_picture(lying(i), "a.jpg", PictureStorage()).turned for i in (1, 3, 6)] == [False, True, True]
