import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.classifier import EmotionClassifier
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.emotions import FER2013_EMOTIONS
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Box, Face
from emotion_recognition.pictures.image_file import write_image
from emotion_recognition.pictures.image_source import as_bgr


class KnownFaces:
    """A face detector that was told where the faces are."""

    name = "known"
    description = "known faces"
    framing = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)

    def __init__(self, *boxes: Box) -> None:
        self.faces = [Face(box, 0.9 - 0.1 * i) for i, box in enumerate(boxes)]

    def detect(self, image: np.ndarray) -> list[Face]:
        return self.faces


def test_each_face_gets_the_emotion_of_its_own_pixels(brightness_model: Path) -> None:
    # 200 wide, 90 high: with x and y swapped, the second box would lie outside.
    photo = np.zeros((90, 200, 3), np.uint8)
    photo[10:40, 120:150] = 255
    photo[50:80, 20:50] = 128
    faces = EmotionDetector(
        brightness_model, detector=KnownFaces((20, 50, 30, 30), (120, 10, 30, 30), (60, 10, 30, 30))
    ).detect(photo)
    assert [face.emotion for face in faces] == ["happy", "neutral", "anger"]
    assert [face.box for face in faces] == [(20, 50, 30, 30), (120, 10, 30, 30), (60, 10, 30, 30)]
    assert [face.score for face in faces] == [pytest.approx(score) for score in (0.9, 0.8, 0.7)]


def test_probabilities_are_in_label_order_and_sum_to_1(brightness_model: Path) -> None:
    (face,) = EmotionDetector(brightness_model, detector=KnownFaces((2, 2, 9, 9))).detect(
        np.zeros((20, 20, 3), np.uint8)
    )
    assert tuple(face.probabilities) == FER2013_EMOTIONS
    assert sum(face.probabilities.values()) == pytest.approx(1)
    assert face.probability == max(face.probabilities.values())


def close_up(middle: int) -> np.ndarray:
    """A picture of 100 × 100 pixels that is black but for 80 × 80 in its middle."""
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[10:90, 10:90] = middle
    return picture


def test_a_face_that_fills_its_picture_is_also_seen_as_the_picture_shows_it(brightness_model: Path) -> None:
    detector = EmotionDetector(brightness_model, detector=KnownFaces((10, 10, 80, 80)))
    small = np.zeros((100, 200, 3), np.uint8)
    found = detector.detect_batch([small, close_up(255), close_up(255)])
    # The detector's square is white, the whole picture is white on 64 % of it.
    brightness = np.stack([np.full((8, 8, 1), value, np.uint8) for value in (255, round(0.64 * 255))])
    of_square, of_picture = EmotionClassifier(brightness_model, 7).probabilities(brightness)
    product = np.sqrt(of_square * of_picture)
    for (face,) in found[1:]:
        assert list(face.probabilities.values()) == pytest.approx((product / product.sum()).tolist(), abs=0.01)
    (face,) = found[0]  # on a picture twice as wide the same box is no close-up
    assert face.emotion == "anger"


def test_a_close_up_has_the_mean_of_both_looks_as_its_feature_vector(brightness_model: Path) -> None:
    detector = EmotionDetector(brightness_model, detector=KnownFaces((10, 10, 80, 80), (0, 0, 9, 9)), embeddings=True)
    face, corner = detector.detect(close_up(255))
    # That network's only feature is the mean pixel: 1 of the square, 0.64 of the picture.
    assert face.embedding == pytest.approx([0.82], abs=0.01)
    assert corner.embedding == pytest.approx([0.0], abs=0.01)


def test_no_face_is_an_empty_list(brightness_model: Path) -> None:
    assert EmotionDetector(brightness_model, detector="haar").detect(np.zeros((60, 60, 3), np.uint8)) == []


def test_most_probable_emotion() -> None:
    face = FaceEmotion((0, 0, 5, 5), 0.9, {"anger": 0.2, "happy": 0.5, "sad": 0.3})
    assert (face.emotion, face.probability) == ("happy", 0.5)


def test_another_class_count_is_an_error(brightness_model: Path) -> None:
    with pytest.raises(ValueError, match="the choice of 6 classes has 6"):
        EmotionDetector(brightness_model, num_emotions=6, detector="haar")


#: Eyes, nose and corners of the mouth of an upright face.
LANDMARKS = ((3.0, 3.0), (7.0, 3.0), (5.0, 5.0), (4.0, 7.0), (6.0, 7.0))


class KnownPictures:
    """A face detector for which the whole of every picture that is not black is one face, with landmarks."""

    name = "whole"
    description = "whole pictures"
    framing = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)

    def detect(self, image: np.ndarray) -> list[Face]:
        height, width = image.shape[:2]
        return [Face((0, 0, width, height), 0.5, LANDMARKS)] if image.any() else []


def test_a_batch_gives_each_picture_its_own_faces(brightness_model: Path) -> None:
    # Class i of the model is surest where the mean pixel is 255 · i / 6.
    pictures = [np.full((20 + i, 30, 3), value, np.uint8) for i, value in enumerate((128, 0, 255, 42))]
    faces = EmotionDetector(brightness_model, detector=KnownPictures()).detect_batch(iter(pictures))
    assert [[face.emotion for face in found] for found in faces] == [["happy"], [], ["neutral"], ["disgust"]]
    assert [face.box for found in faces for face in found] == [(0, 0, 30, 20), (0, 0, 30, 22), (0, 0, 30, 23)]


def test_an_empty_batch_is_an_empty_list(brightness_model: Path) -> None:
    assert EmotionDetector(brightness_model, detector=KnownPictures()).detect_batch([]) == []


@pytest.mark.parametrize(
    "one",
    [
        np.zeros((9, 8, 3), np.uint8),
        np.zeros((9, 8, 1), np.uint8),
        np.zeros((9, 8), np.uint8),
        "photo.jpg",
        Path("photo.jpg"),
        b"\xff\xd8",
        None,
    ],
)
def test_one_picture_is_no_batch(brightness_model: Path, one: Any) -> None:
    with pytest.raises(ValueError, match=r"images must be several, as in a list; detect takes one\. Received: "):
        EmotionDetector(brightness_model, detector=KnownPictures()).detect_batch(one)


def test_an_array_of_several_pictures_is_a_batch(brightness_model: Path) -> None:
    detector = EmotionDetector(brightness_model, detector=KnownPictures())
    for shape in ((2, 20, 30, 3), (2, 20, 30)):
        assert [len(found) for found in detector.detect_batch(np.full(shape, 128, np.uint8))] == [1, 1]


def test_landmarks_come_with_the_face(brightness_model: Path) -> None:
    (face,) = EmotionDetector(brightness_model, detector=KnownPictures()).detect(np.full((9, 9, 3), 9, np.uint8))
    assert face.landmarks == LANDMARKS


def test_grey_may_have_an_axis_for_its_one_channel() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(as_bgr(grey[..., np.newaxis], "rgb"), np.stack([grey] * 3, axis=-1))


def test_the_colour_order_of_an_array_is_the_callers_to_say(brightness_model: Path) -> None:
    detector = EmotionDetector(brightness_model, detector=KnownPictures())
    first = np.zeros((16, 16, 3), np.uint8)
    first[:, :, 0] = 255
    # Luma: pure blue is 0.114 · 255 = 29, nearest to disgust (42.5) and anger (0); pure red is 0.299 · 255 = 76, fear.
    assert detector.detect(first)[0].emotion == "disgust"
    assert detector.detect(first, colour_order="bgr")[0].emotion == "disgust"
    assert detector.detect(first, colour_order="rgb")[0].emotion == "fear"
    with pytest.raises(ValueError, match=r"colour_order must be one of \['bgr', 'rgb'\]. Received: 'gbr'"):
        detector.detect(first, colour_order="gbr")  # type: ignore[arg-type]


def test_a_path_that_is_no_text_can_be_written_as_json(brightness_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "a\udcff.png"
    path.write_bytes(cv2.imencode(".png", np.full((16, 16, 3), 128, np.uint8))[1].tobytes())
    result = EmotionDetector(brightness_model, detector=KnownPictures()).detect(path)
    assert json.loads(result.to_json().encode("utf-8"))["file"] == f"{tmp_path}/a\\xff.png"


def test_paths_bytes_and_grey_arrays_are_taken(brightness_model: Path, tmp_path: Path) -> None:
    detector = EmotionDetector(brightness_model, detector=KnownPictures())
    image = np.full((16, 16, 3), 128, np.uint8)
    path = tmp_path / "grey.png"
    write_image(path, image)
    expected = detector.detect(image)
    assert [detector.detect(source) for source in (path, str(path), path.read_bytes(), image[:, :, 0])] == [
        expected
    ] * 4


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, "must be an array, a path or bytes"),
        (np.zeros((4, 4, 3)), "must be a BGR uint8 array"),
        (np.zeros((4, 4, 4), np.uint8), "must be a BGR uint8 array"),
        (np.zeros((0, 4), np.uint8), "must be a BGR uint8 array"),
        (b"no picture", "The picture in memory is not a picture"),
        ("missing.jpg", "There is no picture missing.jpg"),
    ],
)
def test_what_is_no_image_is_an_error(image: object, message: str, brightness_model: Path) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        EmotionDetector(brightness_model, detector=KnownPictures()).detect(image)  # type: ignore[arg-type]


def test_the_size_reaches_a_detector_that_is_named_and_no_other(brightness_model: Path) -> None:
    with pytest.raises(ValueError, match="haar takes no size; ssd and yunet do"):
        EmotionDetector(brightness_model, detector="haar", detector_size=320)
    with pytest.raises(ValueError, match=r"detector_size is for a detector that is named\. Received: 320"):
        EmotionDetector(brightness_model, detector=KnownFaces(), detector_size=320)
    with pytest.raises(ValueError, match="classes must be names"):
        EmotionDetector(brightness_model, classes=[], detector=KnownFaces())
    with pytest.raises(ValueError, match="Received: True"):
        EmotionDetector(brightness_model, detector="ssd", detector_size=True)
    assert (
        EmotionDetector(brightness_model, detector="ssd", detector_size=np.int64(160)).detect(
            np.zeros((9, 9), np.uint8)
        )
        == []
    )


@pytest.mark.parametrize("count", ["7", 7.0, 9, None])
def test_a_number_of_emotions_that_there_is_not_is_named(count: Any) -> None:
    with pytest.raises(ValueError, match=r"num_emotions must be one of \[5, 6, 7, 8\]\. Received: "):
        EmotionDetector(num_emotions=count, detector=KnownPictures())


@pytest.mark.parametrize("model", ["", [], ["a.keras", ""]])
def test_a_model_without_a_path_is_refused(model: Any) -> None:
    with pytest.raises(ValueError, match="model must be a path or several, none of them empty"):
        EmotionDetector(model, detector=KnownPictures())
