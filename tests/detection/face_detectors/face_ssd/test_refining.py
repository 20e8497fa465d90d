import math

import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.face_ssd.refining import SHARE, face_views, refined_faces
from emotion_recognition.models.face_refiner.fusion import Fusion
from emotion_recognition.models.face_refiner.outputs import FaceView
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.square_view import square_view

VIEW = FaceView(64, 1.5)
PICTURE = np.zeros((200, 300, 3), np.uint8)

#: The second stage's logit alone counts.
SECOND = Fusion(0.0, 1.0, 0.0)


def said(
    logit: float = 0.0, box: tuple[float, ...] = (0, 0, 0, 0), points: tuple[float, ...] = (0,) * 10
) -> list[float]:
    return [logit, *box, *points]


def test_the_network_sees_a_square_of_its_context_round_each_box() -> None:
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    views = face_views(image, np.array([[50, 30, 32, 18], [0, 0, 10, 10]]), VIEW)  # √(32·18) is 24
    assert views.shape == (2, 64, 64, 3)
    assert views.dtype == np.float32
    np.testing.assert_array_equal(views[0], square_view(image, (66.0, 39.0), 36.0, 64))
    np.testing.assert_array_equal(views[1], square_view(image, (5.0, 5.0), 15.0, 64))


def test_both_stages_make_the_box_and_the_score_and_the_second_the_landmarks() -> None:
    faces = [Face((100, 50, 40, 40), 0.5)]
    points = (-0.25, -0.2, 0.25, -0.2, 0.0, 0.0, -0.2, 0.3, 0.2, 0.3)
    outputs = np.array([said(2.0, (1 / 3, 0, math.log(2), 0), points)])
    (face,) = refined_faces(PICTURE, faces, outputs, VIEW, Fusion(1.0, 0.5, 0.25))
    # The view is 60 pixels wide: the middle moves by 20, to a box from 100 to 180 across.
    left, right = 100 + SHARE * 0, 140 + SHARE * 40
    assert face.box == (round(left), 50, round(right - left), 40)
    assert face.score == pytest.approx(1 / (1 + math.exp(-1.25)))
    expected = [(105, 58), (135, 58), (120, 70), (108, 88), (132, 88)]
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks, expected)


def test_the_surest_comes_first() -> None:
    faces = [Face((10, 10, 40, 40), 0.9), Face((100, 10, 40, 40), 0.5), Face((200, 10, 40, 40), 0.4)]
    found = refined_faces(PICTURE, faces, np.array([said(-1.0), said(1.0), said(3.0)]), VIEW, SECOND)
    assert [face.box[0] for face in found] == [200, 100, 10]
    assert [round(face.score, 3) for face in found] == [0.953, 0.731, 0.269]


def test_boxes_that_become_one_face_are_one() -> None:
    """Each moves by a sixth of its view, 10 pixels of 60, towards the other; then they overlap by more than half."""
    faces = [Face((100, 50, 40, 40), 0.9), Face((120, 50, 40, 40), 0.8)]
    outputs = np.array([said(1.0, (1 / 6, 0, 0, 0)), said(2.0, (-1 / 6, 0, 0, 0))])
    (face,) = refined_faces(PICTURE, faces, outputs, VIEW, SECOND)
    assert face.box[0] == round(120 - SHARE * 10)
    assert len(refined_faces(PICTURE, faces, np.array([said(1.0), said(2.0)]), VIEW, SECOND)) == 2


def test_boxes_are_cut_at_the_border_and_empty_ones_dropped() -> None:
    faces = [Face((270, 170, 30, 30), 0.9), Face((0, 0, 8, 8), 0.9)]
    outputs = np.array([said(1.0, (0, 0, 1, 1)), said(1.0, (-1.2, 0, 0, 0))])
    (face,) = refined_faces(PICTURE, faces, outputs, VIEW, SECOND)
    assert face.box[0] + face.box[2] == 300
    assert face.box[1] + face.box[3] == 200


def test_no_faces_stay_none() -> None:
    assert refined_faces(PICTURE, [], np.zeros((0, 15)), VIEW, SECOND) == []
