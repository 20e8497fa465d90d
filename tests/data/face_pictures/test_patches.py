from dataclasses import replace

import numpy as np
import pytest

from emotion_recognition.data.face_pictures.patches import COVERS, PATCH_SIZE, SMALLEST, Proposal, cut_patches
from tests.painted_faces import painted_split


def test_faces_are_cut_out_with_their_sizes_landmarks_and_weights() -> None:
    split = painted_split("train", 4, without_faces=1, side=128, landmarks=True)
    weights = np.array([1.0, 0.5, 0.25])
    patches = cut_patches(split, [[]] * 4, weights)
    assert patches.is_face.sum() == 3
    faces = np.flatnonzero(patches.is_face)
    assert patches.weights[faces].tolist() == weights.tolist()
    assert patches.images.shape == (len(patches), PATCH_SIZE, PATCH_SIZE, 3)
    for i, box in zip(faces, split.boxes, strict=True):
        size = float(np.sqrt(box[2] * box[3]))
        np.testing.assert_allclose(patches.sizes[i], box[2:] / size, rtol=1e-5)
        # An eye of a painted face lies at 0.3 and 0.4 of its box.
        np.testing.assert_allclose(patches.landmarks[i, 0], (-0.2, -0.1) * box[2:] / size, atol=1e-5)
        # It is dark, the cheek beside it is pale.
        x, y = (patches.landmarks[i, 0] / COVERS + 0.5) * PATCH_SIZE
        assert patches.images[i, int(y), int(x)].max() < 100
        assert patches.images[i, PATCH_SIZE // 2, PATCH_SIZE // 2].min() > 100


def test_boxes_that_show_no_face_are_cut_out_and_others_are_not() -> None:
    split = painted_split("train", 2, without_faces=1, side=256)
    x, y, width, height = split.boxes[0].tolist()
    on_face = Proposal((x + 1, y, width, height), 0.9)
    off_face = Proposal((x + 2 * width, y, width, height), 0.49)
    tiny = Proposal((0.0, 0.0, SMALLEST - 1, SMALLEST - 1), 0.3)
    patches = cut_patches(split, [[on_face, off_face, tiny], [Proposal((5.0, 5.0, 40.0, 40.0), 0.81)]], np.ones(1))
    others = patches.weights[~patches.is_face]
    # The root of the score; places beside the face and anywhere are drawn as boxes of 0.03 and 0.02 would be.
    assert np.isclose(others, 0.7).sum() == 1
    assert np.isclose(others, 0.9).sum() == 1
    assert set(np.round(others, 6)) <= {0.7, 0.9, round(0.03**0.5, 6), round(0.02**0.5, 6)}
    assert np.isnan(patches.landmarks[~patches.is_face]).all()


def test_ignored_and_tiny_faces_are_left_out_and_yet_no_background() -> None:
    split = painted_split("train", 2, side=128)
    split = replace(split, ignored=np.array([True, False]))
    on_ignored = Proposal(tuple(split.boxes[0].tolist()), 0.9)
    patches = cut_patches(split, [[on_ignored], []], np.ones(2))
    assert patches.is_face.sum() == 1
    assert not np.isclose(patches.weights[~patches.is_face], 0.9**0.5).any()


def test_the_same_seed_chooses_the_same_places() -> None:
    split = painted_split("train", 3, without_faces=2, side=128)
    first, again, other = (cut_patches(split, [[]] * 3, np.ones(1), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, again.images)
    assert first.images.shape != other.images.shape or (first.images != other.images).any()


def test_a_list_of_proposals_for_each_picture_is_needed() -> None:
    with pytest.raises(ValueError, match=r"proposals must be 3 lists, one for each picture\. Received: 1"):
        cut_patches(painted_split("train", 3), [[]], np.ones(3))
