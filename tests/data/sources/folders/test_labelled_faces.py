from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.data.sources.folders.labelled_faces import DRAWN, read_labelled_faces
from emotion_recognition.pictures.crop import crop_faces
from emotion_recognition.pictures.image_file import read_image


def save(path: Path, image: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Noise, 90 wide and 60 high, in colour."""
    return save(tmp_path / "photo.png", np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8))


def test_a_grey_picture_of_the_right_size_arrives_pixel_for_pixel(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    faces = read_labelled_faces(save(tmp_path / "a.png", image), None, image_size=48, channels=1)
    np.testing.assert_array_equal(faces[0, :, :, 0], image)


def test_a_whole_picture_gives_the_square_in_its_middle(photo: Path) -> None:
    faces = read_labelled_faces(photo, None, image_size=60, channels=3)
    # Read as blue, green, red; given as red, green, blue.
    np.testing.assert_array_equal(faces[0], read_image(photo)[:, 15:75, ::-1])


def test_boxes_are_cropped_as_the_detector_crops(photo: Path) -> None:
    boxes = [(20, 10, 30, 30), (50, 20, 20, 28)]
    faces = read_labelled_faces(photo, boxes, (90, 60), image_size=48, channels=1)
    np.testing.assert_array_equal(faces, crop_faces(read_image(photo), boxes, DRAWN, 48))


def test_boxes_are_cut_at_the_pictures_border(photo: Path) -> None:
    faces = read_labelled_faces(photo, [(-1, -5, 31, 35)], image_size=48, channels=1)
    np.testing.assert_array_equal(faces, read_labelled_faces(photo, [(0, 0, 30, 30)], image_size=48, channels=1))


@pytest.mark.parametrize(
    ("boxes", "size", "words"),
    [
        ([(80, 10, 30, 30)], None, r"has 90×60 pixels, and the box \(80, 10, 30, 30\) has its middle outside"),
        ([(10, -40, 30, 30)], None, "has its middle outside"),
        ([(10, 10, 30, 30)], (60, 90), "has 90×60 pixels, but its boxes are for 60×90"),
    ],
)
def test_boxes_of_another_picture_are_refused(
    photo: Path, boxes: list[tuple[int, int, int, int]], size: tuple[int, int] | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read_labelled_faces(photo, boxes, size, image_size=48, channels=1)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("text")
    with pytest.raises(ValueError, match="is not a picture"):
        read_labelled_faces(tmp_path / "a.jpg", None, image_size=48, channels=1)
    with pytest.raises(FileNotFoundError):
        read_labelled_faces(tmp_path / "b.jpg", None, image_size=48, channels=1)
