from dataclasses import replace

import keras
import numpy as np
import pytest

from emotion_recognition.models.face_refiner.network import PLACES, RefinerSize, face_refiner
from emotion_recognition.models.face_refiner.outputs import FaceView
from emotion_recognition.models.precision import with_precision

TINY = RefinerSize(channels=(4, 4, 4, 8, 8, 8), head=4)


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    keras.utils.set_random_seed(0)
    return face_refiner(FaceView(32, 1.5), TINY)


def pixels(count: int = 3, size: int = 32) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (count, size, size, 3)).astype(np.float32)


def said(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(network(images, training=False)), np.float32)


def test_both_stages_have_no_more_than_600_000_parameters() -> None:
    assert face_refiner().count_params() + 488_834 <= 600_000


@pytest.mark.parametrize("size", [32, 48, 64])
def test_every_size_gives_fifteen_numbers(size: int) -> None:
    assert said(face_refiner(FaceView(size), TINY), pixels(2, size)).shape == (2, 15)


def test_the_faces_of_a_batch_do_not_mix(tiny: keras.Model) -> None:
    images = pixels()
    np.testing.assert_allclose(said(tiny, images)[1:], said(tiny, images[1:]), atol=1e-5)


def test_a_landmark_is_where_its_map_is_one(tiny: keras.Model) -> None:
    """Maps of 8×8 places; the middles lie 1.2 / 8 of the view apart."""
    shares = keras.Input((5, 64))
    places = keras.Model(shares, tiny.get_layer(PLACES)(shares))
    maps = np.zeros((1, 5, 8, 8), np.float32)
    for landmark, (row, column) in enumerate([(0, 0), (0, 7), (3, 4), (7, 0), (7, 7)]):
        maps[0, landmark, row, column] = 1
    received = said(places, maps.reshape(1, 5, 64))
    step = 1.2 / 8
    expected = [(-3.5, -3.5), (3.5, -3.5), (0.5, -0.5), (-3.5, 3.5), (3.5, 3.5)]
    np.testing.assert_allclose(received[0], np.array(expected) * step, atol=1e-6)


def test_the_places_are_not_learned(tiny: keras.Model) -> None:
    assert all(PLACES not in variable.path for variable in tiny.trainable_variables)


def test_scaling_is_the_network_s_own(tiny: keras.Model) -> None:
    scaled = tiny.get_layer("scale")(np.array([0, 127.5, 255], np.float32).reshape(1, 1, 1, 3))
    np.testing.assert_allclose(np.ravel(scaled), [-1, 0, 1])


def test_in_bfloat16_what_it_says_stays_exact(tiny: keras.Model) -> None:
    mixed = with_precision(tiny, "mixed_bfloat16")
    exact = {layer.name for layer in mixed.layers if layer.compute_dtype == "float32"}
    assert {"exact_maps", "exact_places", "exact_points", "exact_face", "exact_said"} <= exact
    assert any(layer.compute_dtype == "bfloat16" for layer in mixed.layers)
    np.testing.assert_allclose(said(mixed, pixels()), said(tiny, pixels()), atol=0.1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": (8, 8)}, r"channels must be 6 numbers of at least 1\. Received: \(8, 8\)"),
        ({"channels": (8, 8, 8, 8, 8, 0)}, "channels must be 6 numbers of at least 1"),
        ({"head": 0}, r"head must be at least 1\. Received: 0"),
    ],
)
def test_sizes_that_no_network_has_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(TINY, **changes)  # type: ignore[arg-type]
