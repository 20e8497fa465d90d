"""What training starts from: prior boxes that suit the pictures, or a trained detector and its history."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.models.card import write_card
from emotion_recognition.models.face_ssd.network import calibrate_scores, face_ssd
from emotion_recognition.models.files import save_network
from emotion_recognition.training.face_ssd.settings import FaceStageSettings
from emotion_recognition.training.face_ssd.start import face_sizes, open_face_start
from tests.painted_faces import PRIORS, TINY, painted_split

#: Every picture just fits and nothing turns it, so that a face's size is known.
STILL = FaceAugmentation(mosaic=0.0, smallest_zoom=1.0, largest_zoom=1.0, rotation=0.0, close_up=0.0, stretch=0.0)

SETTINGS = FaceStageSettings(size=128, batch_size=4, augmentation=STILL)


def split_of(sizes: list[tuple[float, float]], ignored: tuple[int, ...] = ()) -> FaceSplit:
    """Pictures of 64×48 pixels with one face of a known size in the middle of each."""
    plain = painted_split("train", len(sizes), without_faces=len(sizes))
    boxes = np.array([((64 - w) / 2, (48 - h) / 2, w, h) for w, h in sizes], np.float32)
    marks = np.isin(np.arange(len(sizes)), ignored)
    return replace(plain, boxes=boxes, first=np.arange(len(sizes) + 1), ignored=marks, masks=("",) * len(sizes))


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny detector with its card and the log of two stages, the last at a rate of 0.004."""
    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("output") / "tiny.keras"
    save_network(face_ssd(PRIORS, TINY), path)
    write_card(path, card())
    rows = ["1,1,0.01,3.0,3.5,1.0", "2,1,0.004,2.0,2.5,1.0", "3,1,0.001,1.0,1.5,1.0"]
    header = "stage,epoch,learning_rate,loss,val_loss,seconds"
    path.with_name("tiny_log.csv").write_text("\n".join([header, *rows]) + "\n")
    return path


def card(**changes: Any) -> dict[str, Any]:
    stages = [{"learning_rate": 0.01}, {"learning_rate": 0.004}]
    made = {"network": "face_ssd", "class_names": ["face"], **PRIORS.to_card(), "stages": stages, **changes}
    return {key: value for key, value in made.items() if value is not None}


def test_sizes_are_those_of_the_faces_in_the_views_without_ignored_ones() -> None:
    # A picture of 64 pixels fits into 128 twice as large.
    sizes = face_sizes(split_of([(10, 16), (20, 24), (6, 8)], ignored=(2,)), SETTINGS)
    seen = {tuple(size) for size in sizes.round(3).tolist()}
    assert seen <= {(20, 32), (40, 48)}
    assert seen


def test_a_new_network_has_prior_boxes_that_suit_the_pictures() -> None:
    train = split_of([(8, 10), (32, 40)] * 4)
    begin = open_face_start(train, SETTINGS)
    sizes = [size for sizes in begin.priors.sizes for size in sizes]
    # From the root of 16 · 20 pixels to four times that, at equal ratios; ten sizes have nine steps.
    assert sizes == pytest.approx(320**0.5 * 4 ** (np.arange(10) / 9), abs=0.06)
    assert begin.priors.aspect_ratio == 0.8
    assert [output.shape[-1] for output in begin.start.network.outputs] == [20, 10, 10, 10]
    assert begin.start.learning_rate == SETTINGS.learning_rate
    assert begin.start.stages == begin.start.rows == []
    assert begin.start.description == (
        f"New network face_ssd with {begin.start.network.count_params():,} parameters; learning rate 0.002"
    )
    assert begin.start.identity == {"network": "face_ssd", "input_model": None, "new_head": False}


def test_the_seed_alone_decides_a_new_network() -> None:
    train = split_of([(8, 10), (16, 20)])
    first, same, other = (
        open_face_start(train, replace(SETTINGS, seed=seed)).start.network.get_weights() for seed in (5, 5, 6)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("train", [split_of([(10, 10)], ignored=(0,)), painted_split("train", 2, without_faces=2)])
def test_pictures_without_a_face_to_learn_from_are_refused(train: FaceSplit) -> None:
    with pytest.raises(ValueError, match="show no face that is large enough"):
        open_face_start(train, SETTINGS)


def test_a_trained_detector_goes_on_with_its_prior_boxes_weights_and_history(detector: Path) -> None:
    begin = open_face_start(split_of([(8, 10)]), SETTINGS, input_model=detector)
    assert begin.priors == PRIORS
    expected = keras.saving.load_model(detector).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(begin.start.network.get_weights(), expected, strict=True))
    assert begin.start.learning_rate == SETTINGS.learning_rate
    assert begin.start.stages == card()["stages"]
    # The card knows of two stages; the log's third is of another run.
    assert [(row["stage"], row["val_loss"]) for row in begin.start.rows] == [(1, 3.5), (2, 2.5)]
    assert begin.start.identity["input_model"] == "tiny.keras"


def test_a_calibrated_detector_gets_the_logits_back_that_it_was_trained_with(tmp_path: Path, detector: Path) -> None:
    network = keras.saving.load_model(detector)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.float32)
    expected = [keras.ops.convert_to_numpy(output) for output in network(pixels, training=False)]
    calibrate_scores(network, 2.5, -1.25)
    save_network(network, tmp_path / "tiny.keras")
    calibration = {"slope": 2.5, "intercept": -1.25, "boxes": 9, "hits": 4}
    write_card(tmp_path / "tiny.keras", card(score_calibration=calibration))
    begin = open_face_start(split_of([(8, 10)]), SETTINGS, input_model=tmp_path / "tiny.keras")
    for output, before in zip(begin.start.network(pixels, training=False), expected, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(output), before, atol=1e-5)


def test_a_trained_detector_goes_on_at_a_tenth_of_its_last_rate(detector: Path) -> None:
    begin = open_face_start(split_of([(8, 10)]), SETTINGS, input_model=detector, lower_rate=True)
    assert begin.start.learning_rate == pytest.approx(0.0004)
    assert begin.start.description == f"Input model {detector}; learning rate 0.0004"


@pytest.mark.parametrize(("mixed", "dtype"), [(True, "bfloat16"), (False, "float32")])
def test_the_network_computes_in_the_precision_that_is_asked_for(detector: Path, mixed: bool, dtype: str) -> None:
    settings = replace(SETTINGS, mixed_precision=mixed)
    network = open_face_start(split_of([(8, 10)]), settings, input_model=detector).start.network
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert {layer.compute_dtype for layer in convolutions} == {dtype}
    assert {weight.dtype for weight in network.weights} == {"float32"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "vggnet"}, r"tiny\.keras must be a face_ssd with its card\. Received: the card of 'vggnet'"),
        ({"priors": None}, "the card describes no prior boxes"),
        ({"stages": None}, r"card of .*tiny\.keras tells of no stage, so its learning rate is unknown; give one$"),
        (replace(PRIORS, sizes=((1.0, 2.0, 3.0),) * len(PRIORS.sizes)).to_card(), r"as its card says\. Received:"),
        (None, r"tiny\.keras has no card beside it"),
    ],
)
def test_what_is_no_detector_of_this_kind_is_refused(
    tmp_path: Path, detector: Path, changes: dict[str, Any] | None, message: str
) -> None:
    copy = tmp_path / "tiny.keras"
    copy.write_bytes(detector.read_bytes())
    if changes is not None:
        write_card(copy, card(**changes))
    with pytest.raises(ValueError, match=message):
        open_face_start(split_of([(8, 10)]), SETTINGS, input_model=copy, lower_rate=True)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no model .*missing\.keras"):
        open_face_start(split_of([(8, 10)]), SETTINGS, input_model=tmp_path / "missing.keras")
