"""Networks and model files on a split of sixteen images whose right answers are known."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import FER2013_EMOTIONS, SIX_EMOTIONS
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.evaluation.evaluate import Evaluation, evaluate
from emotion_recognition.evaluation.metrics import Metrics
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.postprocessing import Postprocessing

GREYS = np.linspace(0, 255, 7).astype(np.uint8)


def split_of(labels: list[int], greys: list[int], *, name: str = "test", sha256: str = "0" * 64) -> Split:
    """Flat grey images: image i has the grey of the class ``greys[i]`` and the label ``labels[i]``."""
    images = np.broadcast_to(GREYS[greys][:, None, None, None], (len(greys), 48, 48, 1)).copy()
    return Split(images, np.array(labels, np.uint8), FER2013_EMOTIONS, name, "fer2013.csv", sha256)


#: Ten of sixteen right for whoever tells greys apart: the last six carry a label one too high.
SPLIT = split_of([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 0, 1, 2, 3, 4, 5])


def grey_teller(sharpness: float = 200.0, activation: str | None = "softmax", classes: int = 7) -> keras.Model:
    """Is surest of class i where the mean pixel is 255 · i / 6.

    The logits are −sharpness · (mean − centre)², without the part that all classes share.
    """
    centres = np.linspace(0, 1, classes)
    pixels = keras.Input((8, 8, 1))
    head = layers.Dense(classes, activation=activation)
    network = keras.Model(pixels, head(layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(pixels))))
    head.set_weights([sharpness * 2 * centres[None, :], -sharpness * centres**2])
    return network


def one_answer(label: int, probability: float) -> keras.Model:
    """Gives one class this probability and shares the rest among the others, whatever it sees."""
    pixels = keras.Input((8, 8, 1))
    head = layers.Dense(7, activation="softmax")
    network = keras.Model(pixels, head(layers.Flatten()(pixels)))
    probabilities = np.full(7, (1 - probability) / 6)
    probabilities[label] = probability
    head.set_weights([np.zeros((64, 7)), np.log(probabilities)])
    return network


def saved(folder: Path, name: str, network: keras.Model, classes: tuple[str, ...] | None = FER2013_EMOTIONS) -> Path:
    path = folder / name
    save_network(network, path)
    if classes is not None:
        write_card(path, {"network": "grey_teller", "class_names": list(classes), "input": {"pixels": "0..255"}})
    return path


def evaluate_files(paths: list[Path], split: Split, train: Split | None = None) -> Evaluation:
    ensemble = Ensemble.from_files(paths, split.class_names, named_by=f"the {split.split} split")
    return evaluate(ensemble, split, train=train)


def evaluate_networks(*networks: keras.Model, batch_size: int = 128) -> Metrics:
    singles = [Ensemble.from_network(network, SPLIT.class_names) for network in networks]
    ensemble = Ensemble(SPLIT.class_names, tuple(single.classifiers[0] for single in singles))
    return evaluate(ensemble, SPLIT, PredictionSettings(batch_size)).metrics


@pytest.mark.parametrize("batch_size", [1, 5, 16, 100])
def test_every_example_counts_once(batch_size: int) -> None:
    metrics = evaluate_networks(grey_teller(), batch_size=batch_size)
    assert (metrics.examples, metrics.correct) == (16, 10)
    assert np.diag(metrics.confusion).tolist() == [2, 2, 2, 1, 1, 1, 1]
    assert np.diag(metrics.confusion, k=-1).tolist() == [1, 1, 1, 1, 1, 1]


def test_several_networks_are_averaged_by_probability() -> None:
    # (0.9 for 3) and (0.6 for 5) and (0.6 for 5): 3 gets 0.9 + 2 · 0.0667 = 1.03, 5 gets 0.0167 + 1.2 = 1.22.
    networks = [one_answer(3, 0.9), one_answer(5, 0.6), one_answer(5, 0.6)]
    assert evaluate_networks(*networks).confusion[:, 5].sum() == 16
    # With one of the doubters less the sure one wins: 0.9667 against 0.6167.
    assert evaluate_networks(*networks[:2]).confusion[:, 3].sum() == 16


def test_each_network_is_calibrated_by_its_own_temperature() -> None:
    first, second = Ensemble.from_network(one_answer(0, 0.8), FER2013_EMOTIONS).classifiers * 2
    second = replace(second, network=one_answer(1, 0.4), postprocessing=Postprocessing(temperature=0.5))
    first = replace(first, postprocessing=Postprocessing(temperature=2.0))
    predictions = Ensemble(FER2013_EMOTIONS, (first, second)).predict(np.zeros((1, 8, 8, 1), np.uint8))
    # Square roots over their sum, and squares over theirs: of 0.8 and six times 0.2/6, of 0.4 and six times 0.1.
    calibrated = (0.8**0.5 / (0.8**0.5 + 6 * (0.2 / 6) ** 0.5) + 0.01 / 0.22) / 2
    assert predictions.probabilities[0, 0] == pytest.approx(calibrated, abs=1e-5)
    assert predictions.uncalibrated[0, 0] == pytest.approx((0.8 + 0.1) / 2, abs=1e-5)


def test_no_networks_and_the_wrong_number_of_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one model"):
        Ensemble(SPLIT.class_names, ())
    with pytest.raises(ValueError, match=r"an output for each of 7 classes. Received: 6 outputs"):
        Ensemble.from_network(grey_teller(classes=6), SPLIT.class_names)
    with pytest.raises(ValueError, match=r"the test split has 7 \(anger.*in the same order"):
        evaluate(Ensemble.from_network(grey_teller(classes=6), SIX_EMOTIONS), SPLIT)
    with pytest.raises(ValueError, match="at least one model"):
        evaluate_files([], SPLIT)


def test_files_give_the_figures_of_their_networks(tmp_path: Path) -> None:
    paths = [saved(tmp_path, "a.keras", grey_teller()), saved(tmp_path, "b.h5", one_answer(3, 0.9))]
    evaluation = evaluate_files(paths, SPLIT)
    assert evaluation.model_names == ("a.keras", "b.h5")
    assert evaluation.notes == ()
    assert (evaluation.twins, evaluation.without_twins) == (None, None)
    expected = evaluate_networks(grey_teller(), one_answer(3, 0.9))
    np.testing.assert_array_equal(evaluation.metrics.confusion, expected.confusion)


def test_twins_of_training_images_are_left_out_of_the_second_figures(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.keras", grey_teller())
    # The greys 0 and 1 were trained on: images 0, 1, 7, 8, 10, 11, of which the first four are right.
    evaluation = evaluate_files([path], SPLIT, train=split_of([4, 4, 4], [0, 1, 1], name="train"))
    assert evaluation.twins == 6
    assert evaluation.without_twins is not None
    assert (evaluation.without_twins.examples, evaluation.without_twins.correct) == (10, 6)
    assert (evaluation.metrics.examples, evaluation.metrics.correct) == (16, 10)


def test_when_every_image_was_trained_on_there_are_no_second_figures(tmp_path: Path) -> None:
    evaluation = evaluate_files([saved(tmp_path, "a.keras", grey_teller())], SPLIT, train=SPLIT)
    assert (evaluation.twins, evaluation.without_twins) == (16, None)


def test_a_training_split_of_another_file_is_mentioned(tmp_path: Path) -> None:
    train = split_of([0], [0], name="train", sha256="1" * 64)
    evaluation = evaluate_files([saved(tmp_path, "a.keras", grey_teller())], SPLIT, train=train)
    assert evaluation.notes == (
        "the training split comes from another fer2013.csv than the test split; build both again.",
    )


def test_logits_and_assumed_classes_are_mentioned(tmp_path: Path) -> None:
    evaluation = evaluate_files([saved(tmp_path, "a.keras", grey_teller(activation=None), None)], SPLIT)
    assert evaluation.notes == (
        "a.keras has no card; its outputs are taken for anger, disgust, fear, happy, sad, surprise, neutral.",
        "a.keras does not say its pixel range; 0..255 is assumed.",
        "a.keras gives logits, not probabilities; softmax was applied to them.",
    )
    assert evaluation.metrics.correct == 10


def test_other_classes_than_the_splits_are_an_error_that_names_both(tmp_path: Path) -> None:
    path = saved(tmp_path, "six.keras", grey_teller(classes=6), SIX_EMOTIONS)
    with pytest.raises(ValueError, match=r"six\.keras has 6 classes \(anger, fear.*the test split has 7 \(anger, dis"):
        evaluate_files([path], SPLIT)


def reordered(names: tuple[str, ...]) -> keras.Model:
    """:func:`grey_teller` with its outputs in the order of other names for FER2013's classes."""
    network = grey_teller()
    kernel, bias = network.layers[-1].get_weights()
    order = [FER2013_EMOTIONS.index(name) for name in names]
    network.layers[-1].set_weights([kernel[:, order], bias[order]])
    return network


def test_the_same_classes_in_another_order_are_put_into_the_split_s(tmp_path: Path) -> None:
    names = tuple(sorted(FER2013_EMOTIONS))
    evaluation = evaluate_files([saved(tmp_path, "a.keras", reordered(names), names)], SPLIT)
    assert np.diag(evaluation.metrics.confusion).tolist() == [2, 2, 2, 1, 1, 1, 1]
    assert evaluation.notes == ()


def test_models_of_several_orders_are_averaged_class_by_class(tmp_path: Path) -> None:
    names = FER2013_EMOTIONS[::-1]
    paths = [saved(tmp_path, "a.keras", grey_teller()), saved(tmp_path, "b.keras", reordered(names), names)]
    expected = evaluate_files(paths[:1], SPLIT).probabilities
    np.testing.assert_allclose(evaluate_files(paths, SPLIT).probabilities, expected, atol=1e-5)


def test_the_caller_names_the_outputs_of_a_model_without_a_card(tmp_path: Path) -> None:
    words = ("angry", "disgusted", "fear", "happiness", "neutral", "sad", "surprise")
    network = reordered(("anger", "disgust", "fear", "happy", "neutral", "sad", "surprise"))
    path = saved(tmp_path, "a.keras", network, None)
    options = ModelOptions(words, pixel_range="0..255")
    evaluation = evaluate(Ensemble.from_files([path], FER2013_EMOTIONS, options), SPLIT)
    assert (evaluation.metrics.correct, evaluation.notes) == (10, ())
    # Believed to be in FER2013's order, sad is taken for surprise, surprise for neutral, neutral for sad: three right
    # answers get lost, and two wrong labels, surprise on sad and neutral on surprise, are met by chance.
    assert evaluate_files([path], SPLIT).metrics.correct == 10 - 3 + 2


def test_a_card_s_pixel_range_reaches_the_network(tmp_path: Path) -> None:
    pixels = keras.Input((8, 8, 1))
    rescaled = layers.Rescaling(127.5, offset=127.5)(pixels)  # what -1..1 was made from
    path = tmp_path / "a.keras"
    save_network(keras.Model(pixels, grey_teller()(rescaled)), path)
    card = {"network": "other", "class_names": list(FER2013_EMOTIONS), "input": {"pixels": "-1..1"}}
    write_card(path, card)
    evaluation = evaluate_files([path], SPLIT)
    assert (evaluation.metrics.correct, evaluation.network_inputs[0].pixel_range) == (10, "-1..1")
    # The caller's word counts more.
    options = ModelOptions(pixel_range="0..255")
    assert evaluate(Ensemble.from_files([path], FER2013_EMOTIONS, options), SPLIT).metrics.correct < 10


def test_a_network_that_cannot_take_the_images_is_named(tmp_path: Path) -> None:
    pixels = keras.Input((48, 32, 1))
    path = saved(tmp_path, "oblong.keras", keras.Model(pixels, layers.Dense(7)(layers.Flatten()(pixels))))
    with pytest.raises(ValueError, match=r"oblong\.keras cannot be evaluated: the network's input must be square"):
        evaluate_files([path], SPLIT)
