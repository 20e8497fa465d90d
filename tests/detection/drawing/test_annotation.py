from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.drawing.annotation import annotate
from emotion_recognition.detection.drawing.palette import COLOURS, palette
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.emotions import CLASS_COUNTS, FER2013_EMOTIONS, class_names
from emotion_recognition.pictures.faces import Box


def smiling(*boxes: Box, emotion: str = "happy") -> list[FaceEmotion]:
    return [
        FaceEmotion(box, 0.9, {name: 0.88 if name == emotion else 0.02 for name in FER2013_EMOTIONS}) for box in boxes
    ]


def label(photo: np.ndarray, faces: Sequence[FaceEmotion]) -> Box:
    """Where the labels were drawn: the area filled with the happy colour, without the boxes' thin lines."""
    filled = (annotate(photo, faces) == COLOURS["happy"]).all(axis=2).astype(np.uint8)
    line = max(1, round((photo.shape[0] * photo.shape[1]) ** 0.5 / 450))
    x, y, width, height = cv2.boundingRect(cv2.erode(filled, np.ones((line + 1, line + 1)), borderValue=0))
    return x, y, width, height


def test_the_picture_itself_stays_as_it_is() -> None:
    photo = np.full((200, 300, 3), 50, np.uint8)
    drawn = annotate(photo, smiling((100, 80, 60, 70)))
    assert (photo == 50).all()
    assert drawn.shape == photo.shape
    assert drawn.dtype == np.uint8


def test_without_faces_nothing_is_drawn() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    np.testing.assert_array_equal(annotate(photo, []), photo)


def test_the_box_is_drawn_in_the_emotions_colour_at_x_y_width_height() -> None:
    drawn = annotate(np.zeros((300, 500, 3), np.uint8), smiling((300, 100, 80, 120), emotion="sad"))
    is_sad = (drawn == COLOURS["sad"]).all(axis=2)
    for row, column in ((150, 300), (150, 379), (219, 340)):
        assert is_sad[row, column]
    assert not drawn[105:215, 305:375].any()  # the face itself stays visible
    assert not drawn[:, :280].any()


@pytest.mark.parametrize("emotion", FER2013_EMOTIONS)
def test_text_stands_out_from_its_label(emotion: str) -> None:
    drawn = annotate(np.full((300, 500, 3), 128, np.uint8), smiling((200, 100, 80, 120), emotion=emotion))
    luma = drawn[60:97, 200:300] @ np.array([0.114, 0.587, 0.299])
    assert luma.max() - luma.min() > 100


@pytest.mark.parametrize(
    "box",
    [(0, 0, 60, 70), (240, 0, 60, 70), (0, 130, 60, 70), (240, 130, 60, 70), (0, 0, 300, 200)],
    ids=["top left", "top right", "bottom left", "bottom right", "whole picture"],
)
def test_a_label_at_the_border_is_as_large_as_in_the_middle(box: Box) -> None:
    photo = np.full((200, 300, 3), 50, np.uint8)
    expected = label(photo, smiling((120, 80, 60, 70)))[2:]
    np.testing.assert_allclose(label(photo, smiling(box))[2:], expected, atol=1)  # the box's own line may touch it


def test_a_label_stands_above_its_box_or_below_where_there_is_no_room() -> None:
    photo = np.full((200, 300, 3), 50, np.uint8)
    _, y, _, height = label(photo, smiling((120, 80, 60, 70)))
    assert 50 < y < y + height <= 81  # its own line touches the label
    _, y, _, height = label(photo, smiling((120, 5, 60, 70)))
    assert 75 <= y < y + height < 105


def test_a_label_keeps_off_another_face_where_it_can() -> None:
    photo = np.full((200, 300, 3), 50, np.uint8)
    below = FaceEmotion((120, 90, 60, 40), 0.9, {"happy": 0.1, "sad": 0.9})
    above = FaceEmotion((110, 40, 60, 45), 0.9, {"happy": 0.1, "sad": 0.9})
    drawn = annotate(photo, [below, above])
    assert (drawn[92:128, 182:240] == 50).all()
    assert (drawn[131, 121:160] == COLOURS["sad"]).all()  # below its box, because the other face is above


def test_labels_of_faces_side_by_side_do_not_cover_each_other() -> None:
    photo = np.full((300, 400, 3), 50, np.uint8)
    one = (annotate(photo, smiling((100, 100, 40, 50))) == COLOURS["happy"]).all(axis=2).sum()
    two = (annotate(photo, smiling((100, 100, 40, 50), (145, 100, 40, 50))) == COLOURS["happy"]).all(axis=2).sum()
    assert two > 1.9 * one


def test_labels_of_a_crowd_do_not_cover_its_faces() -> None:
    photo = np.zeros((600, 900, 3), np.uint8)
    faces = smiling(*((40 + 90 * column, 60 + 110 * row, 30, 36) for row in range(5) for column in range(9)))
    drawn = annotate(photo, faces)
    assert all(
        not drawn[y + 3 : y + height - 3, x + 3 : x + width - 3].any()
        for x, y, width, height in (face.box for face in faces)
    )


def test_the_label_of_a_single_small_face_is_as_large_as_that_of_a_larger_one() -> None:
    photo = np.zeros((1200, 1800, 3), np.uint8)
    # Wider than both boxes, so that what is drawn in the colour is as wide as the label.
    narrow, wide = (label(photo, smiling((800, 500, size, size)))[2] for size in (30, 120))
    assert 120 < narrow == pytest.approx(wide, abs=2)


def test_a_label_is_drawn_to_the_left_where_another_face_is_on_the_right() -> None:
    photo = np.zeros((40, 400, 3), np.uint8)  # without room above and below
    first, second = smiling((150, 2, 36, 36), (187, 2, 36, 36))
    assert label(photo, [first, second])[0] < 150


def test_names_that_the_font_has_not_are_drawn_as_near_as_it_can() -> None:
    photo = np.zeros((200, 300, 3), np.uint8)
    drawn = [
        annotate(photo, [FaceEmotion((100, 80, 60, 70), 0.9, {name: 1.0})], histogram=True) for name in ("müde", "mude")
    ]
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (400, 5), (48, 48), (3000, 2000)])
def test_any_size_of_picture_works(shape: tuple[int, int]) -> None:
    height, width = shape
    drawn = annotate(np.zeros((height, width, 3), np.uint8), smiling((0, 0, width, height)))
    assert drawn.shape == (height, width, 3)
    assert drawn.any()


def test_text_grows_with_the_picture() -> None:
    def width(scale: int) -> int:
        photo = np.full((300 * scale, 400 * scale, 3), 50, np.uint8)
        return label(photo, smiling((100 * scale, 100 * scale, 90 * scale, 110 * scale)))[2]

    assert width(6) == pytest.approx(2 * width(3), rel=0.1)


def test_an_identity_makes_the_label_longer() -> None:
    photo = np.full((300, 400, 3), 50, np.uint8)
    (face,) = smiling((150, 100, 90, 110))
    filled = [
        (annotate(photo, [face], identities=[identity]) == COLOURS["happy"]).all(axis=2).sum()
        for identity in (None, 7, 107)
    ]
    assert filled[0] < filled[1] < filled[2]
    np.testing.assert_array_equal(annotate(photo, [face]), annotate(photo, [face], identities=[None]))


def bars(photo: np.ndarray, face: FaceEmotion) -> dict[str, int]:
    """Width of each emotion's bar in pixels, from what a histogram adds to the annotated picture."""
    without, drawn = annotate(photo, [face]), annotate(photo, [face], histogram=True)
    changed = (drawn != without).any(axis=2)
    return {
        name: int(((drawn == COLOURS[name]).all(axis=2) & changed).sum(axis=1).max()) for name in face.probabilities
    }


@pytest.mark.parametrize("x", [20, 180, 290], ids=["left", "middle", "right"])
def test_a_histograms_bars_are_as_long_as_the_probabilities_and_leave_the_face_visible(x: int) -> None:
    photo = np.full((300, 400, 3), 50, np.uint8)
    probabilities = dict(zip(FER2013_EMOTIONS, (0.5, 0.25, 0.125, 0.125, 0, 0, 0), strict=True))
    face = FaceEmotion((x, 80, 90, 110), 0.9, probabilities)
    lengths = bars(photo, face)
    assert lengths["anger"] > 20
    assert lengths["disgust"] == pytest.approx(lengths["anger"] / 2, abs=1)
    assert lengths["fear"] == pytest.approx(lengths["anger"] / 4, abs=1)
    assert lengths["sad"] == 0
    drawn = annotate(photo, [face], histogram=True)
    assert (drawn[85:185, x + 5 : x + 85] == 50).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (400, 5), (48, 48), (60, 2000)])
def test_a_histogram_fits_any_picture(shape: tuple[int, int]) -> None:
    height, width = shape
    drawn = annotate(np.zeros((height, width, 3), np.uint8), smiling((0, 0, width, height)), histogram=True)
    assert drawn.shape == (height, width, 3)


@pytest.mark.parametrize(
    "names",
    [class_names(count) for count in CLASS_COUNTS] + [("awake", "asleep"), tuple(f"class{i}" for i in range(40))],
    ids=lambda names: str(len(names)),
)
def test_every_class_set_is_drawn_with_its_histogram(names: tuple[str, ...]) -> None:
    photo = np.full((600, 800, 3), 50, np.uint8)
    for name in names:
        face = FaceEmotion((300, 200, 90, 110), 0.9, {other: float(other == name) for other in names})
        drawn = annotate(photo, [face], histogram=True)
        assert (drawn[250, 300] == palette(names)[name]).all()  # the box's left line
