from pathlib import Path

import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.faces import Face


def test_the_whole_picture_is_the_face_whatever_is_in_it() -> None:
    detector = open_detector("none", settings=DetectionSettings(min_confidence=1.0))
    assert detector.detect(np.zeros((30, 40, 3), np.uint8)) == [Face((0, 0, 40, 30), 1.0)]
    assert (detector.name, detector.description) == ("none", "none: the whole picture is the face")


def test_a_square_crop_is_classified_pixel_by_pixel(brightness_model: Path) -> None:
    detector = EmotionDetector(brightness_model, detector="none")
    crop = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    grey = np.repeat(crop[:, :, None], 3, axis=2)
    faces = detector.face_detector.detect(grey)
    assert (detector.crops(grey, faces)[0, :, :, 0] == crop).all()
    # The model's classes lie in even steps between black and white, see its fixture.
    assert [detector.detect(np.full((48, 48), level, np.uint8))[0].emotion for level in (0, 255)] == [
        "anger",
        "neutral",
    ]


def test_of_another_shape_a_square_of_the_same_area_in_the_middle_is_classified(brightness_model: Path) -> None:
    detector = EmotionDetector(brightness_model, detector="none")
    image = np.zeros((4, 16, 3), np.uint8)
    image[:, 4:12] = 255  # the square's columns: side 8, rows repeat what is at the border
    assert detector.crops(image, detector.face_detector.detect(image)).min() == 255


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": Path("a.onnx")}, "The detector none comes with no files and takes no model"),
        ({"size": 320}, "The detector none takes no size"),
        ({"size": "auto"}, "The detector none takes no size"),
        ({"any_direction": True}, "The detector none looks for no face"),
    ],
)
def test_it_takes_nothing_that_is_for_looking(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_detector("none", **given)  # type: ignore[arg-type]


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="image must be a BGR uint8 array"):
        open_detector("none").detect(np.zeros((4, 4), np.uint8))
