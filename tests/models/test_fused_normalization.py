"""Batch normalisation as one operation gives what Keras's own layer gives."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.models import build_network
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.fused_normalization import FusedBatchNormalization
from emotion_recognition.models.precision import with_precision

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(3, 2, (4, 6, 5, 3)).astype(np.float32)


def pair(**options: float) -> tuple[layers.BatchNormalization, FusedBatchNormalization]:
    """Both layers with the same weights, none of which has its initial value."""
    plain, fused = layers.BatchNormalization(**options), FusedBatchNormalization(**options)
    for layer in (plain, fused):
        layer.build(IMAGES.shape)
    weights = [RNG.uniform(0.5, 2, weight.shape).astype(np.float32) for weight in plain.get_weights()]
    plain.set_weights(weights)
    fused.set_weights(weights)
    return plain, fused


@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_moving_figures_are_those_of_keras(training: bool) -> None:
    plain, fused = pair(momentum=0.7, epsilon=0.01)
    np.testing.assert_allclose(fused(IMAGES, training=training), plain(IMAGES, training=training), rtol=1e-5, atol=1e-5)
    for mine, keras_own in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=1e-5)


def test_the_moving_variance_is_that_of_the_batch_divided_by_its_count() -> None:
    fused = FusedBatchNormalization(momentum=0.5)
    column = np.array([1.0, 3.0], np.float32).reshape(2, 1, 1, 1)
    fused(column, training=True)
    _, _, mean, variance = fused.get_weights()
    np.testing.assert_allclose(mean, [0.5 * 0 + 0.5 * 2])
    np.testing.assert_allclose(variance, [0.5 * 1 + 0.5 * 1])  # ((1-2)² + (3-2)²) / 2, not / 1


def test_a_frozen_layer_keeps_its_figures() -> None:
    _, fused = pair()
    fused.trainable = False
    before = fused.get_weights()
    fused(IMAGES, training=True)
    for now, then in zip(fused.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_vectors_are_normalised_by_keras_itself() -> None:
    vectors = IMAGES.reshape(-1, 3)
    plain, fused = layers.BatchNormalization(), FusedBatchNormalization()
    np.testing.assert_array_equal(fused(vectors, training=True), plain(vectors, training=True))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the fused operation is TensorFlow's")
def test_a_step_of_training_changes_the_weights_as_with_keras() -> None:
    pixels = RNG.integers(0, 256, (8, 16, 16, 1)).astype(np.float32)
    labels = np.arange(8) % 7
    network = build_network("vggnet", num_classes=7, image_size=16, dropout=0.0, head_dropout=0.0)
    copies = [with_precision(network, "float32", fused_normalization=fused) for fused in (False, True)]
    for copy in copies:
        copy.compile(
            optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=[], jit_compile=False
        )
        copy.train_on_batch(pixels, labels)
    for mine, keras_own in zip(copies[1].get_weights(), copies[0].get_weights(), strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=1e-3, atol=1e-4)


def test_the_layer_keeps_float32_weights_in_a_bfloat16_network() -> None:
    network = build_network("vggnet", num_classes=7, image_size=16)
    copy = with_precision(network, "mixed_bfloat16", fused_normalization=True)
    fused = [layer for layer in copy.layers if isinstance(layer, FusedBatchNormalization)]
    assert len(fused) == 9
    assert {layer.compute_dtype for layer in fused} == {"bfloat16"}
    assert {variable.dtype for layer in fused for variable in layer.weights} == {"float32"}
    pixels = RNG.integers(0, 256, (4, 16, 16, 1)).astype(np.float32)
    np.testing.assert_allclose(copy(pixels), network(pixels), atol=0.02)
    assert np.isfinite(np.asarray(copy(pixels, training=True))).all()


def test_a_saved_model_has_the_layers_of_keras(tmp_path: Path) -> None:
    network = with_precision(
        build_network("vggnet", num_classes=7, image_size=16), "mixed_bfloat16", fused_normalization=True
    )
    path = tmp_path / "model.keras"
    save_network(network, path)
    kinds = {type(layer) for layer in load_network(path).layers}
    assert layers.BatchNormalization in kinds
    assert FusedBatchNormalization not in kinds
