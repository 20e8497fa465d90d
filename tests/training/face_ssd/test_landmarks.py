"""How the detector learns landmarks: targets, loss, the teacher, a start without them, a short run."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.face_ssd.box_coding import decode_landmarks
from emotion_recognition.models.face_ssd.files import load_face_ssd
from emotion_recognition.models.face_ssd.network import face_ssd, with_landmarks
from emotion_recognition.models.face_ssd.priors import make_priors
from emotion_recognition.models.files import save_network
from emotion_recognition.pictures.faces import Face
from emotion_recognition.training.face_ssd.loss import FaceSsdLoss
from emotion_recognition.training.face_ssd.matching import MatchingSettings, match
from emotion_recognition.training.face_ssd.saving import CardNotes, save_trained_detector
from emotion_recognition.training.face_ssd.settings import FaceStageSettings
from emotion_recognition.training.face_ssd.stage import fit_face_stage, with_rows
from emotion_recognition.training.face_ssd.start import open_face_start
from emotion_recognition.training.face_ssd.teaching import TeachingSettings, teach_landmarks
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.stages import RunResult
from tests.painted_faces import PRIORS, TINY, painted_landmarks, painted_split

TRAIN = painted_split("train", 8, without_faces=2, landmarks=True)
VAL = painted_split("val", 4, without_faces=1, landmarks=True)

AUGMENTATION = FaceAugmentation(mosaic=0.3)

#: Left, top, right and bottom of two prior boxes.
CORNERS = np.array([[0.0, 0, 20, 20], [40, 40, 60, 60]])


def test_a_prior_on_a_face_is_given_its_landmarks() -> None:
    faces = np.array([[0.0, 0, 20, 18], [41, 40, 60, 60]])
    points = np.stack([np.arange(10.0).reshape(5, 2), np.full((5, 2), np.nan)])
    targets = match(faces, np.zeros(2, bool), CORNERS, MatchingSettings(), points)
    assert targets.shape == (2, 16)
    assert targets[0, [0, 5]].tolist() == [1, 1]
    assert targets[0, 6:].tolist() == list(range(10))
    # The landmarks of the second one are unknown.
    assert targets[1].tolist() == [1, 41, 40, 60, 60] + [0] * 11
    without = match(faces, np.zeros(2, bool), CORNERS, MatchingSettings())
    np.testing.assert_array_equal(without, targets[:, :5])


def rows(network_says: float) -> tuple[np.ndarray, np.ndarray]:
    """Targets and outputs of 85 prior boxes on 64×64 pixels, one of them on a face, every offset the same."""
    targets = np.zeros((1, 85, 16), np.float32)
    outputs = np.zeros((1, 85, 15), np.float32)
    # The first prior: its middle at (4, 4), √(w·h) of 12, so that w = 12·√0.8 and h = 12/√0.8.
    width, height = 12 * 0.8**0.5, 12 / 0.8**0.5
    targets[0, 0, :6] = (1, 4 - width / 2, 4 - height / 2, 4 + width / 2, 4 + height / 2, 1)
    targets[0, 0, 6:] = 4
    outputs[0, 0, 5:] = network_says
    return targets, outputs


def test_the_landmarks_loss_is_the_mean_distance_in_faces() -> None:
    targets, outputs = rows(2.0)
    loss, without = FaceSsdLoss(PRIORS, 64, landmark_weight=3.0), FaceSsdLoss(PRIORS, 64)
    # An offset of 2 is 0.2 of the prior's width or height; the face is √(w·h) = 12 large.
    errors = np.array([0.2 * 0.8**0.5, 0.2 / 0.8**0.5])
    expected = (errors - 0.005).mean()
    plain = float(without(targets[..., :5], outputs[..., :5]))
    assert float(loss(targets, outputs)) == pytest.approx(plain + 3 * expected, rel=1e-4)
    targets[0, 0, 5] = 0  # unknown
    assert float(loss(targets, outputs)) == pytest.approx(plain, rel=1e-5)


def test_near_the_mark_the_loss_is_a_square() -> None:
    targets, outputs = rows(0.05)
    errors = 0.005 * np.array([0.8**0.5, 0.8**-0.5])
    plain = float(FaceSsdLoss(PRIORS, 64)(targets[..., :5], outputs[..., :5]))
    received = float(FaceSsdLoss(PRIORS, 64, landmark_weight=1000.0)(targets, outputs))
    assert received - plain == pytest.approx(1000 * (errors**2 / 0.02).mean(), rel=1e-2)


def test_landmarks_leave_what_a_network_says_of_boxes() -> None:
    keras.utils.set_random_seed(0)
    network = face_ssd(PRIORS, TINY)
    more = with_landmarks(network, PRIORS)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    before, after = network(pixels, training=False), more(pixels, training=False)
    assert [tuple(output.shape[1:]) for output in after[4:]] == [(8, 8, 10), (4, 4, 10), (2, 2, 10), (1, 1, 10)]
    for expected, received in zip(before, after, strict=False):
        np.testing.assert_array_equal(np.asarray(expected), np.asarray(received))
    # Untrained, they lie about where they are in a face that fills the prior box: the left eye at 0.31, 0.43 of it.
    boxes = make_priors(64, 64, PRIORS)[-1:]
    ((left_eye, *_),) = decode_landmarks(np.asarray(after[-1]).reshape(1, 10), boxes, PRIORS.variances)
    np.testing.assert_allclose(left_eye, boxes[0, :2] + (np.array([0.31, 0.43]) - 0.5) * boxes[0, 2:], atol=3)
    with pytest.raises(ValueError, match="no others"):
        with_landmarks(more, PRIORS)


class Teacher:
    """Finds bright rectangles, and landmarks where they are in painted faces."""

    def __init__(self, score: float = 0.9) -> None:
        self.score = score
        self.calls = 0

    def detect(self, image: np.ndarray) -> list[Face]:
        self.calls += 1
        rows, columns = np.nonzero(image[..., 2] > 180)
        if not len(rows):
            return []
        x, y = int(columns.min()), int(rows.min())
        box = (x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y)
        points = painted_landmarks(np.array([box], np.float32))[0].tolist()
        return [Face(box, self.score, tuple((px, py) for px, py in points))]


def test_the_teachers_landmarks_are_those_of_the_marked_faces() -> None:
    plain = replace(TRAIN, landmarks=None)
    steps: list[int] = []
    taught = teach_landmarks(plain, Teacher(), step=lambda: steps.append(1))
    assert taught.landmarks is not None
    assert TRAIN.landmarks is not None
    assert len(steps) == len(plain)
    np.testing.assert_allclose(taught.landmarks, TRAIN.landmarks, atol=2)


def test_a_face_that_is_missed_in_the_picture_is_looked_for_by_itself() -> None:
    class OnlyNear(Teacher):
        def detect(self, image: np.ndarray) -> list[Face]:
            return super().detect(image) if image.shape == (160, 160, 3) else []

    taught = teach_landmarks(replace(TRAIN, landmarks=None), OnlyNear())
    assert taught.landmarks is not None
    assert TRAIN.landmarks is not None
    np.testing.assert_allclose(taught.landmarks, TRAIN.landmarks, atol=1.5)


def test_an_unsure_teacher_teaches_nothing() -> None:
    plain = replace(TRAIN, landmarks=None)
    for teacher, settings in ((Teacher(0.69), None), (Teacher(), TeachingSettings(smallest=1000))):
        taught = teach_landmarks(plain, teacher, settings)
        assert taught.landmarks is not None
        assert np.isnan(taught.landmarks).all()

    class Blind:
        def detect(self, image: np.ndarray) -> list[Face]:
            return [Face((0, 0, 9, 9), 0.9)]

    with pytest.raises(ValueError, match="teacher must find landmarks"):
        teach_landmarks(plain, Blind())


def test_a_detector_without_landmarks_goes_on_with_them_and_is_released(tmp_path: Path) -> None:
    """From a network without landmarks over a short run to a detector that OpenCV runs and that gives them."""
    settings = FaceStageSettings(learning_rate=0.01, epochs=2, batch_size=4, size=64, augmentation=AUGMENTATION)
    first, second = tmp_path / "first.keras", tmp_path / "second.keras"
    keras.utils.set_random_seed(0)
    save_network(face_ssd(PRIORS, TINY), first)
    write_card(first, {"network": "face_ssd", "class_names": ["face"], **PRIORS.to_card()})
    begin = open_face_start(TRAIN, settings, input_model=first)
    run = TrainingRun(tmp_path / "log.csv", tmp_path / "run.resume.h5", verbose=0)
    fit = fit_face_stage(begin.start.network, TRAIN, VAL, settings, run, priors=begin.priors)
    assert np.isfinite([row["loss"] for row in fit.rows]).all()
    done = RunResult([{"learning_rate": 0.01, "size": 64}], fit.rows, fit.best_epoch - 1)
    save_trained_detector(begin, second, TRAIN, VAL, done, CardNotes())
    card = read_card(second)
    assert card is not None
    assert (card["landmarks"], card["data"]["train"]["with_landmarks"]) == (5, 6)
    # The export has compared the ONNX copy with Keras, landmarks too; now the whole way through OpenCV.
    network, _, priors = load_face_ssd(second)
    detector = FaceSsdDetector(second, DetectionSettings(min_confidence=0.0, max_overlap=0.99), size=64)
    image = TRAIN.image(0)
    faces = detector.look(image, 64)
    pixels, back = detector._letterbox_of(64)(image)
    said = np.asarray(with_rows(network, 64, 4)(pixels, training=False))[0]
    surest = int(said[:, 0].argmax())
    expected = decode_landmarks(said[surest : surest + 1, 5:], make_priors(64, 64, priors)[[surest]], priors.variances)
    np.testing.assert_allclose(np.array(faces[0].landmarks), expected[0] * back, atol=1e-2)
    with pytest.raises(ValueError, match=r"second\.keras finds landmarks, but the training pictures have none"):
        open_face_start(replace(TRAIN, landmarks=None), settings, input_model=second)
