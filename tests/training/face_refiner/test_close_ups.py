from dataclasses import replace
from typing import cast

import numpy as np

from emotion_recognition.data.face_pictures.patches import PATCH_SIZE
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.detection.face_detectors.face_ssd.close_up import CloseUpSettings, Surroundings
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.pictures.faces import Face
from emotion_recognition.training.face_refiner.close_ups import (
    BlurSettings,
    CropSettings,
    blurred,
    cut_blurred,
    cut_crops,
    looked_at,
)
from emotion_recognition.training.face_refiner.stage import CutSplit
from tests.painted_faces import painted_split

#: Of the pale rectangle that stands for a face: x, y, width and height.
BOX = (10, 8, 20, 28)


class PaleDetector:
    """Takes what is pale for a face, and two corners of the picture too: a small one with more, a large one with less.

    What it was shown it keeps, with the size.
    """

    size = 320

    def __init__(self, *surroundings: Surroundings) -> None:
        self.close_ups = replace(CloseUpSettings(), surroundings=surroundings)
        self.shown: list[tuple[np.ndarray, int]] = []

    def propose(self, view: np.ndarray, size: int, lowest: float) -> list[Face]:
        self.shown.append((view, size))
        rows, columns = np.nonzero(view[..., 0] == 200)
        faces = [Face((0, 0, 10, 10), 0.9), Face((0, 0, 30, 30), 0.2)]
        if len(rows):
            box = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
            faces.append(Face(cast("tuple[int, int, int, int]", tuple(int(number) for number in box)), 0.5))
        return [face for face in faces if face.score >= lowest and len(rows)]


def split_of(*pale: bool, channels: int = 1) -> Split:
    images = np.zeros((len(pale), 48, 48, channels), np.uint8)
    x, y, width, height = BOX
    images[np.array(pale), y : y + height, x : x + width] = 200
    return Split(images, np.zeros(len(pale), np.uint8), ("happy", "sad"), "train", "a.csv", "0" * 64)


def cut(split: Split, detector: PaleDetector | None = None, settings: CropSettings | None = None) -> CutSplit:
    return cut_crops(split, cast(FaceSsdDetector, detector or PaleDetector()), settings)


def test_the_best_box_that_is_large_enough_is_the_face() -> None:
    patches = cut(split_of(True, False, True), settings=CropSettings(weight=0.25)).patches
    assert patches.images.shape == (2, PATCH_SIZE, PATCH_SIZE, 3)
    assert patches.is_face.all()
    assert patches.weights.tolist() == [0.25, 0.25]
    assert np.isnan(patches.landmarks).all()
    size = (BOX[2] * BOX[3]) ** 0.5
    np.testing.assert_allclose(patches.sizes, [(BOX[2] / size, BOX[3] / size)] * 2, rtol=1e-6)
    # The face is 50 pixels times its sides in the middle of its patch; just beyond them it is dark.
    middle, half = PATCH_SIZE // 2, PATCH_SIZE / 3.2 / 2 * BOX[2] / size
    assert patches.images[0, middle, int(middle - half + 2)].tolist() == [200] * 3
    assert patches.images[0, middle, int(middle - half - 4)].tolist() == [0] * 3


def test_what_is_looked_at_is_surrounded_as_a_close_up_is() -> None:
    detector = PaleDetector(Surroundings(0.5, False, 0.6))
    cut(split_of(*[True] * 20), detector)
    shown = {(view.shape[0], size) for view, size in detector.shown}
    assert shown == {(48, 320), (96, 192)}
    grey = next(view for view, _ in detector.shown if view.shape[0] == 96)
    assert (grey[0, 0].tolist(), grey[24 + BOX[1], 24 + BOX[0]].tolist()) == ([128] * 3, [200] * 3)


def test_no_more_are_looked_at_than_were_asked_for_and_the_seed_draws_them() -> None:
    split = split_of(*[i % 2 == 0 for i in range(40)])
    steps: list[int] = []
    settings = CropSettings(most=10)
    contents = []
    for seed in (0, 0, 1):
        detector = PaleDetector()
        chosen = replace(settings, seed=seed)
        contents.append(cut_crops(split, cast(FaceSsdDetector, detector), chosen, step=lambda: steps.append(1)).content)
        assert len(detector.shown) == looked_at(split, chosen) == 10
    assert len(steps) == 30
    assert contents[0] == contents[1] != contents[2]
    assert looked_at(split) == 40


def test_colours_are_those_of_a_data_set() -> None:
    split = split_of(True, channels=3)
    split.images[..., 0] = 90  # red, as data sets have it first
    detector = PaleDetector()
    cut(split, detector)
    assert detector.shown[0][0][0, 0].tolist() == [0, 0, 90]


def test_crops_without_a_face_leave_nothing() -> None:
    patches = cut(split_of(False, False)).patches
    assert (len(patches), patches.images.shape[1:], patches.landmarks.shape) == (0, (160, 160, 3), (0, 5, 2))


def test_two_lots_of_patches_are_one() -> None:
    first = cut(split_of(True, True), settings=CropSettings(weight=1.0))
    second = cut(split_of(True), settings=CropSettings(weight=0.5))
    both = first + second
    assert both.patches.weights.tolist() == [1.0, 1.0, 0.5]
    assert len(both.patches.images) == len(both.patches.sizes) == len(both.patches.landmarks) == 3
    assert both.content not in (first.content, second.content)
    np.testing.assert_array_equal(both.patches.images[2], second.patches.images[0])


class LargeDetector(PaleDetector):
    """Takes the middle of whatever it sees for a face, and a corner too small for one."""

    def propose(self, view: np.ndarray, size: int, lowest: float) -> list[Face]:
        self.shown.append((view, size))
        side = view.shape[0]
        return [Face((side // 8, side // 8, side * 3 // 4, side * 3 // 4), 0.25), Face((0, 0, 8, 8), 0.9)]


def blurs(split: FaceSplit, settings: BlurSettings, *surroundings: Surroundings) -> tuple[CutSplit, LargeDetector]:
    detector = LargeDetector(*surroundings)
    return cut_blurred(split, cast(FaceSsdDetector, detector), settings), detector


def test_what_is_far_out_of_focus_is_no_face_where_there_is_none() -> None:
    split = painted_split("train", 6, without_faces=6, side=64)
    settings = BlurSettings(every=2, least=0.1, most=0.2)
    cut_out, detector = blurs(split, settings)
    assert len(detector.shown) == blurred(split, settings) == 3
    assert len(cut_out.patches) == 3  # the corner is too small
    assert not cut_out.patches.is_face.any()
    assert cut_out.patches.weights.tolist() == [0.5] * 3  # the root of the score
    # The noise of the painted pictures is gone.
    assert detector.shown[0][0].std() < 0.1 * split.image(0).std()


def test_a_true_face_out_of_focus_is_not_taken_for_none() -> None:
    split = painted_split("train", 1, side=64)
    # The whole picture of 64×48 pixels. The detector sees 36×36 of it, or 84×84 of the 128×112 with a border of 32:
    # 1296 of 3072 pixels, or 3072 of 7056. A face of 4×4 pixels is far less than that.
    split = replace(split, boxes=np.array([[0, 0, 64, 48]], np.float32))
    surroundings = Surroundings(0.5, False, 0.6)
    kept = [len(blurs(split, BlurSettings(every=1, seed=seed), surroundings)[0].patches) for seed in range(6)]
    away = replace(split, boxes=np.array([[0, 0, 4, 4]], np.float32))
    others = [len(blurs(away, BlurSettings(every=1, seed=seed), surroundings)[0].patches) for seed in range(6)]
    assert (sum(kept), sum(others)) == (0, 6)


def test_the_same_seed_blurs_alike() -> None:
    split = painted_split("train", 4, without_faces=4, side=64)
    first, again, other = (blurs(split, BlurSettings(every=1, seed=seed))[0] for seed in (1, 1, 2))
    assert first.content == again.content != other.content
