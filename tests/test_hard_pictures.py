"""The pictures of the contact sheet: their boxes move with what is done to them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.pictures.faces import Face
from figures.face_sheet import draw_sheet
from figures.hard_pictures import HardPicture, enlarged, hard_pictures, masked, mirrored, mosaic, pasted, turned


@pytest.fixture
def spot() -> HardPicture:
    """A white ellipse that fills its box, on black, 100 × 80 pixels."""
    image = np.zeros((80, 100, 3), np.uint8)
    cv2.ellipse(image, (30, 40), (10, 20), 0, 0, 360, (255, 255, 255), cv2.FILLED)
    return HardPicture("spot", image, ((20.0, 20.0, 21.0, 41.0),))


def seen(picture: HardPicture) -> tuple[float, float, float, float]:
    """The box of what is bright."""
    rows, columns = np.nonzero(picture.image[..., 0] > 127)
    return (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)


@pytest.mark.parametrize("degrees", [30, 60, 90, 180, -45])
def test_a_turned_picture_has_its_face_in_the_box(spot: HardPicture, degrees: float) -> None:
    done = turned(spot, degrees)
    assert done.boxes[0] == pytest.approx(seen(done), abs=1.5)


def test_clockwise_a_face_on_the_left_goes_up(spot: HardPicture) -> None:
    # 20 pixels left of the middle become 20 above it; the other centre is in the middle.
    x, y, width, height = turned(spot, 90).boxes[0]
    assert (x + width / 2, y + height / 2) == pytest.approx((49.5, 20.5), abs=0.6)
    assert (width, height) == pytest.approx((41, 21))


def test_a_mirrored_picture_has_its_face_in_the_box(spot: HardPicture) -> None:
    assert mirrored(spot).boxes[0] == seen(mirrored(spot)) == (59, 20, 21, 41)


def test_a_mosaic_and_a_pasted_picture_have_their_faces_in_the_boxes(spot: HardPicture) -> None:
    tiles = mosaic([spot], 3, tile=160)  # of the left 80 × 80 pixels, twice as large
    assert tiles.image.shape == (480, 480, 3)
    assert tiles.boxes[4] == (200, 200, 42, 82)
    ground = np.zeros((300, 300, 3), np.uint8)
    assert pasted(ground, [(spot, 82)]).boxes[0] == pytest.approx(seen(pasted(ground, [(spot, 82)])), abs=1.5)
    assert not ground.any()


def test_a_cut_picture_is_the_box(spot: HardPicture) -> None:
    assert enlarged(spot).image.shape == (41, 21, 3)
    assert enlarged(spot).boxes == ((0, 0, 21, 41),)


def test_a_mask_covers_the_lower_half_only(spot: HardPicture) -> None:
    changed = (masked(spot).image != spot.image).any(axis=2)
    assert not changed[:36].any()
    assert changed[45:50, 25:35].all()


def test_every_box_of_the_sheet_lies_in_its_picture() -> None:
    pictures = hard_pictures()
    assert sum(len(picture.boxes) == 0 for picture in pictures) == 2
    for picture in pictures:
        height, width = picture.image.shape[:2]
        assert picture.image.dtype == np.uint8
        for x, y, w, h in picture.boxes:
            assert 0 <= x + w / 2 < width
            assert 0 <= y + h / 2 < height


class Blinkered:
    """Finds the sample photograph's face, and one of its size in the middle of wide pictures."""

    name = "blinkered"

    def detect(self, image: np.ndarray) -> list[Face]:
        if image.shape[1] == 640:
            return [Face((200, 200, 98, 118), 0.9)]
        return [Face((176, 66, 98, 118), 0.8)] if image.shape[:2] == (512, 512) else []


def test_the_sheet_tells_hits_misses_and_false_alarms(tmp_path: Path) -> None:
    lines = draw_sheet(tmp_path / "sheet.jpg", Blinkered()).splitlines()  # type: ignore[arg-type]
    assert lines[0].split() == ["as", "it", "is", "1", "hits", "0", "misses", "0", "false", "alarms"]
    assert lines[1].split()[3:] == ["0", "hits", "1", "misses", "0", "false", "alarms"]
    assert lines[-1].split()[2:] == ["0", "hits", "0", "misses", "1", "false", "alarms"]
    image = cv2.imread(str(tmp_path / "sheet.jpg"))
    assert image is not None
    assert image.shape[1] > 1000
