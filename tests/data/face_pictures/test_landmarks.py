"""Landmarks from the split over its file and the random views to the contact sheet."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation, Photo, plain_view
from emotion_recognition.data.face_pictures.batches import FaceBatches, photo_of
from emotion_recognition.data.face_pictures.hdf5 import read_face_split, write_face_splits
from emotion_recognition.data.face_pictures.landmark_sheet import draw_landmark_sheet
from tests.painted_faces import painted_landmarks, painted_split

WITH, WITHOUT = painted_split("train", 3, landmarks=True), painted_split("train", 3)

#: Turns, stretches, mirrors and resizes; changes no pixel's brightness.
MOVES = FaceAugmentation(
    mosaic=0, smallest_zoom=1.2, largest_zoom=2.0, rotation=45, close_up=0.3, brightness=0, contrast=0, saturation=0,
    hue=0, grey=0, blur=0, noise=0, damaged=0,
)  # fmt: skip

#: Blue, green and red of each landmark's dot.
DOTS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)]


def test_landmarks_come_back_from_the_file(tmp_path: Path) -> None:
    assert WITH.landmarks is not None
    unknown = WITH.landmarks.copy()
    unknown[1] = np.nan
    path = tmp_path / "faces_train.hdf5"
    write_face_splits({path: replace(WITH, landmarks=unknown)})
    read = read_face_split(path)
    assert read.landmarks is not None
    np.testing.assert_array_equal(read.landmarks, unknown)
    np.testing.assert_array_equal(read.landmarks_of(1), unknown[1:2])
    write_face_splits({path: WITHOUT})
    assert read_face_split(path).landmarks is None
    assert np.isnan(read_face_split(path).landmarks_of(0)).all()


def test_landmarks_are_part_of_what_is_learned_from() -> None:
    assert WITH.landmarks is not None
    moved = replace(WITH, landmarks=WITH.landmarks + 1)
    assert len({split.content_sha256() for split in (WITH, WITHOUT, moved)}) == 3


def test_half_known_landmarks_are_refused() -> None:
    assert WITH.landmarks is not None
    broken = WITH.landmarks.copy()
    broken[0, 2, 1] = np.nan
    with pytest.raises(ValueError, match="landmarks must be five finite points for each face, or NaN"):
        replace(WITH, landmarks=broken)
    with pytest.raises(ValueError, match="landmarks must be an array of float32"):
        replace(WITH, landmarks=WITH.landmarks[:2])


def dotted() -> Photo:
    """A black picture with a coloured dot at each landmark of its only face."""
    image = np.zeros((160, 200, 3), np.uint8)
    box = np.array([[60, 40, 80, 90]], np.float32)
    landmarks = painted_landmarks(box)
    for (x, y), colour in zip(landmarks[0], DOTS, strict=True):
        cv2.circle(image, (int(x), int(y)), 5, colour, -1)
    return Photo(image, box, np.zeros(1, bool), landmarks)


@pytest.mark.parametrize("seed", range(12))
def test_landmarks_stay_on_what_they_mark(seed: int) -> None:
    view = MOVES.view([dotted()], 192, np.random.default_rng(seed))
    points = view.landmarks[0]
    middles = []
    for colour in DOTS:
        rows, columns = np.nonzero((np.abs(view.image.astype(int) - colour) < 100).all(axis=2))
        middles.append((columns.mean() + 0.5, rows.mean() + 0.5) if len(rows) > 20 else (np.nan, np.nan))
    seen = np.array(middles)
    # In the mirror the left eye is the one that was the right eye: the colours change places, the points do not.
    across, down = points[1] - points[0], points[3] - points[0]
    assert across[0] * down[1] - across[1] * down[0] > 0  # the left eye stays left, seen from above the mouth
    inside = ((points > 12) & (points < 180)).all(axis=1)
    orders = [[0, 1, 2, 3, 4], [1, 0, 2, 4, 3]]
    errors = [np.abs(points - seen[order])[inside].max(initial=0) for order in orders]
    assert np.nanmin(errors) < 2.5
    assert inside.any()


def test_unknown_landmarks_stay_unknown() -> None:
    photo = dotted()._replace(landmarks=None)
    view = MOVES.view([photo] * 4, 128, np.random.default_rng(0))
    assert view.landmarks.shape == (len(view.faces), 5, 2)
    assert np.isnan(view.landmarks).all()


def test_a_view_without_changes_has_them_resized() -> None:
    view = plain_view(dotted(), 100)  # 200 pixels become 100
    np.testing.assert_allclose(view.landmarks, painted_landmarks(np.array([[30, 20, 40, 45]])), atol=1e-4)


def test_batches_hand_them_to_the_targets_where_asked() -> None:
    given = []

    def targets(faces: np.ndarray, ignored: np.ndarray, *more: np.ndarray) -> np.ndarray:
        given.append(more)
        return np.zeros(1)

    for wanted in (False, True):
        FaceBatches(WITH, targets, size=64, batch_size=3, augmentation=None, with_landmarks=wanted)[0]
    assert given[:3] == [()] * 3
    np.testing.assert_array_equal(given[3][0], photo_of(WITH, 0).points().astype(np.float32))


def test_the_contact_sheet_shows_faces_with_coloured_points(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    assert draw_landmark_sheet(path, WITH, columns=2) == 3
    sheet = cv2.imread(str(path))
    assert sheet is not None
    assert sheet.shape == (2 * 96, 2 * 96, 3)
    for field in (sheet[:96, :96], sheet[:96, 96:], sheet[96:, :96]):
        assert (field == (0, 255, 0)).all(axis=2).any()  # the left eye
    assert not sheet[96:, 96:].any()
    with pytest.raises(ValueError, match="a face with landmarks"):
        draw_landmark_sheet(path, WITHOUT)
