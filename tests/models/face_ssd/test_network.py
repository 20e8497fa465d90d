import math
from dataclasses import replace

import keras
import numpy as np
import pytest

from emotion_recognition.models.face_ssd.network import (
    FaceSsdSize,
    calibrate_scores,
    face_ssd,
    with_landmarks,
    without_landmarks,
)
from emotion_recognition.models.face_ssd.priors import PriorSettings

PRIORS = PriorSettings((8, 16, 32, 64), ((10.0, 16.0), (28.0,), (60.0,), (90.0, 120.0, 200.0)), 0.8)
TINY = FaceSsdSize(stem=(4, 4), channels=(4, 6, 8, 4), blocks=(1, 2, 1, 0), head=4)


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    """A tiny network whose outputs vary from place to place; tests leave it as it is."""
    keras.utils.set_random_seed(0)
    network = face_ssd(PRIORS, TINY)
    for stride in PRIORS.strides:
        kernel, bias = network.get_layer(f"stride{stride}").get_weights()
        draw = np.random.default_rng(stride)
        network.get_layer(f"stride{stride}").set_weights([draw.normal(0, 1, kernel.shape), draw.normal(bias, 1)])
    return network


def pixels(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)).astype(np.float32)


def outputs_of(network: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(keras.ops.convert_to_numpy(output)) for output in network(images, training=False)]


@pytest.mark.parametrize(("height", "width"), [(64, 64), (128, 192), (320, 64)])
def test_outputs_are_the_feature_maps_fine_to_coarse(height: int, width: int, tiny: keras.Model) -> None:
    shapes = [output.shape for output in outputs_of(tiny, pixels(height, width))]
    expected = [(8, 10), (16, 5), (32, 5), (64, 15)]
    assert shapes == [(2, height // stride, width // stride, channels) for stride, channels in expected]


def test_the_pictures_of_a_batch_do_not_mix(tiny: keras.Model) -> None:
    images = pixels(64, 128)
    for both, second in zip(outputs_of(tiny, images), outputs_of(tiny, images[1:]), strict=True):
        np.testing.assert_allclose(both[1:], second, atol=1e-4)
        assert np.abs(both[0] - both[1]).max() > 0.1


def test_names_are_those_that_other_stages_look_for(tiny: keras.Model) -> None:
    assert tiny.name == "face_ssd"
    assert [entry.name for entry in tiny.inputs] == ["pixels"]
    assert list(tiny.output_names) == ["stride8", "stride16", "stride32", "stride64"]


def test_pixels_are_scaled_by_the_network_itself(tiny: keras.Model) -> None:
    scaled = tiny.get_layer("scale")(np.array([0, 127.5, 255], np.float32).reshape(1, 1, 1, 3))
    np.testing.assert_allclose(np.ravel(scaled), [-1, 0, 1])


def test_the_default_network_is_small() -> None:
    assert (
        face_ssd(replace(PRIORS, sizes=((10, 14, 20, 28), (40, 56), (80, 112), (160, 224)))).count_params() <= 500_000
    )


def test_at_first_every_hundredth_box_is_a_face() -> None:
    network = face_ssd(PRIORS, TINY)
    for stride, count in zip(PRIORS.strides, PRIORS.boxes_per_place, strict=True):
        _, bias = network.get_layer(f"stride{stride}").get_weights()
        logits, offsets = bias.reshape(count, 5)[:, 0], bias.reshape(count, 5)[:, 1:]
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), 0.01, rtol=1e-5)
        assert not offsets.any()


def test_every_size_of_network_says_the_same_kind_of_thing() -> None:
    sizes = (FaceSsdSize((4, 8), (4, 4, 4, 4), (0, 0, 0, 0), 4), FaceSsdSize((2, 4), (8, 4, 8, 4), (2, 0, 1, 2), 6))
    for size in sizes:
        shapes = [output.shape for output in face_ssd(PRIORS, size).outputs]
        assert shapes == [(None, None, None, 5 * count) for count in (2, 1, 1, 3)]


def test_other_feature_maps_are_refused() -> None:
    for strides, sizes in (((8, 16, 32), ((10.0,),) * 3), ((4, 8, 16, 32), ((10.0,),) * 4)):
        with pytest.raises(ValueError, match=r"priors must have the strides 8, 16, 32 and 64\. Received: "):
            face_ssd(PriorSettings(strides, sizes, 0.8))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stem": (8, 8, 8)}, r"stem must be 2 numbers of at least 1. Received: \(8, 8, 8\)"),
        ({"stem": (0, 8)}, r"stem must be 2 numbers of at least 1. Received: \(0, 8\)"),
        ({"channels": (8, 8, 8)}, "channels must be 4 numbers of at least 1"),
        ({"channels": (8, 8, 8, -1)}, "channels must be 4 numbers of at least 1"),
        ({"blocks": (1, 1, 1)}, "blocks must be 4 numbers of at least 0"),
        ({"blocks": (1, 1, 1, -1)}, "blocks must be 4 numbers of at least 0"),
        ({"head": 0}, "head must be at least 1. Received: 0"),
    ],
)
def test_sizes_that_no_network_has_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(TINY, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("slope", "intercept"), [(2.5, -0.75), (0.25, 3.0)])
def test_calibration_changes_logits_and_nothing_else(slope: float, intercept: float, tiny: keras.Model) -> None:
    network = keras.models.clone_model(tiny)
    network.set_weights(tiny.get_weights())
    calibrate_scores(network, slope, intercept)
    images = pixels(128, 64)
    for before, after in zip(outputs_of(tiny, images), outputs_of(network, images), strict=True):
        before, after = before.reshape(-1, 5), after.reshape(-1, 5)
        assert np.ptp(before[:, 0]) > 1
        np.testing.assert_allclose(after[:, 0], slope * before[:, 0] + intercept, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(after[:, 1:], before[:, 1:])


@pytest.mark.parametrize(
    ("slope", "intercept", "words"),
    [
        (0.0, 0.0, "slope must be a number above 0. Received: 0.0"),
        (-1.0, 0.0, "slope must be a number above 0. Received: -1.0"),
        (math.inf, 0.0, "slope must be a number above 0. Received: inf"),
        (math.nan, 0.0, "slope must be a number above 0. Received: nan"),
        (1.0, math.inf, "intercept must be finite. Received: inf"),
        (1.0, math.nan, "intercept must be finite. Received: nan"),
    ],
)
def test_a_calibration_that_spoils_scores_is_refused(
    slope: float, intercept: float, words: str, tiny: keras.Model
) -> None:
    before = tiny.get_weights()
    with pytest.raises(ValueError, match=words):
        calibrate_scores(tiny, slope, intercept)
    for weight, other in zip(tiny.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_without_its_landmarks_a_network_says_the_same_of_boxes(tiny: keras.Model) -> None:
    images = pixels(64, 128)
    more = with_landmarks(tiny, PRIORS)
    assert len(more.outputs) == 8
    again = without_landmarks(more, PRIORS)
    assert again.count_params() == tiny.count_params()
    for ours, before in zip(outputs_of(again, images), outputs_of(tiny, images), strict=True):
        np.testing.assert_array_equal(ours, before)
