import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from emotion_recognition.detection.classifier import EmotionClassifier
from emotion_recognition.emotions import FER2013_EMOTIONS, class_names
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.export import export_model
from emotion_recognition.models.files import save_network
from emotion_recognition.models.model_options import ModelOptions


def save(folder: Path, network: keras.Model) -> Path:
    path = folder / "model.keras"
    save_network(network, path)
    return path


def dense(shape: tuple[int | None, ...], outputs: int, activation: str = "softmax") -> keras.Model:
    pixels = keras.Input(shape)
    x = keras.layers.GlobalAveragePooling2D()(pixels) if len(shape) == 3 else pixels
    return keras.Model(pixels, keras.layers.Dense(outputs, activation=activation)(x))


def test_classes_and_size_come_from_the_model(brightness_model: Path) -> None:
    classifier = EmotionClassifier(brightness_model, 7)
    assert classifier.class_names == FER2013_EMOTIONS
    assert classifier.size == 8


def test_each_crop_gets_its_own_row(brightness_model: Path) -> None:
    # Class i is surest where the mean pixel is 255 · i / 6.
    order = [6, 0, 3, 5, 1, 4, 2]
    crops = np.stack([np.full((8, 8, 1), round(255 * i / 6), np.uint8) for i in order])
    probabilities = EmotionClassifier(brightness_model, 7).probabilities(crops)
    assert probabilities.shape == (7, 7)
    assert probabilities.dtype == np.float32
    assert probabilities.argmax(axis=1).tolist() == order
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_no_crops_give_no_rows(brightness_model: Path) -> None:
    assert EmotionClassifier(brightness_model, 7).probabilities(np.empty((0, 8, 8, 1), np.uint8)).shape == (0, 7)


def test_a_colour_network_sees_grey_in_all_channels(tmp_path: Path) -> None:
    network = dense((8, 8, 3), 7)
    # Logit 1 grows with red alone, the others stay 0: it wins only if grey fills every channel.
    kernel = np.zeros((3, 7), np.float32)
    kernel[2, 1] = 1.0
    network.layers[-1].set_weights([kernel, np.zeros(7, np.float32)])
    classifier = EmotionClassifier(save(tmp_path, network), 7)
    assert classifier.probabilities(np.full((1, 8, 8, 1), 200, np.uint8)).argmax() == 1


def test_a_model_of_another_class_count_is_an_error_that_names_both(brightness_model: Path) -> None:
    with pytest.raises(ValueError, match=r"has 7 classes .*disgust.* has 6 \(anger, fear"):
        EmotionClassifier(brightness_model, 6)


def says(folder: Path, output: int, activation: str | None = "softmax", outputs: int = 7) -> Path:
    """A model that is surest of one output, whatever it sees."""
    network = dense((8, 8, 1), outputs, activation or "linear")
    bias = np.full(outputs, -2.0, np.float32)
    bias[output] = 3
    network.layers[-1].set_weights([np.zeros((1, outputs), np.float32), bias])
    return save(folder, network)


CROP = np.full((1, 8, 8, 1), 255, np.uint8)


def test_classes_in_another_order_are_put_into_the_asked_one(tmp_path: Path) -> None:
    path = says(tmp_path, 6)
    write_card(path, {"network": "dense", "class_names": sorted(class_names(7)), "input": {"pixels": "0..255"}})
    classifier = EmotionClassifier(path, 7)
    assert classifier.class_names == FER2013_EMOTIONS
    assert classifier.class_names[classifier.probabilities(CROP).argmax()] == "surprise"


def test_an_onnx_copy_s_classes_are_put_into_the_asked_order_too(tmp_path: Path) -> None:
    path = says(tmp_path, 6)
    write_card(path, {"network": "dense", "class_names": sorted(class_names(7)), "input": {"pixels": "0..255"}})
    export_model(path, ["onnx"])
    path.unlink()
    classifier = EmotionClassifier(path, 7)
    assert classifier.class_names[classifier.probabilities(CROP).argmax()] == "surprise"


def test_the_caller_names_the_outputs_of_a_model_without_a_card(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("awake", "asleep", "away")
    classifier = EmotionClassifier(says(tmp_path, 1, outputs=3), names, ModelOptions(pixel_range="0..255"))
    assert classifier.class_names[classifier.probabilities(CROP).argmax()] == "asleep"
    assert caplog.messages == []
    with pytest.raises(ValueError, match="has 3 outputs, but 2 classes are named for them: a, b"):
        EmotionClassifier(tmp_path / "model.keras", ["a", "b"])


def test_what_is_assumed_of_a_model_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    classifier = EmotionClassifier(says(tmp_path, 3, None), 7)
    probabilities = classifier.probabilities(CROP)
    classifier.probabilities(CROP)
    assert caplog.messages == [
        "note: model.keras has no card; its outputs are taken for anger, disgust, fear, happy, sad, surprise, neutral.",
        "note: model.keras does not say its pixel range; 0..255 is assumed.",
        "note: model.keras gives logits, not probabilities; softmax was applied to them.",
    ]
    # e^3 against six times e^-2
    assert probabilities[0, 3] == pytest.approx(np.exp(3) / (np.exp(3) + 6 * np.exp(-2)), abs=1e-5)


def test_sigmoid_scores_are_divided_by_their_sum(tmp_path: Path) -> None:
    probabilities = EmotionClassifier(says(tmp_path, 3, "sigmoid"), 7).probabilities(CROP)
    high, low = 1 / (1 + np.exp(-3)), 1 / (1 + np.exp(2))
    assert probabilities[0, 3] == pytest.approx(high / (high + 6 * low), abs=1e-5)
    assert probabilities.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("by", ["card", "caller"])
def test_the_pixel_range_and_the_interpolation_come_from_the_card_or_the_caller(tmp_path: Path, by: str) -> None:
    network = dense((8, 8, 1), 2)
    # Says b where the mean is above 0, which is above grey 127.5 in -1..1.
    network.layers[-1].set_weights([np.array([[-10, 10]], np.float32), np.zeros(2, np.float32)])
    path = save(tmp_path, network)
    card = {"network": "dense", "class_names": ["a", "b"]}
    options = ModelOptions()
    if by == "card":
        write_card(path, {**card, "input": {"pixels": "-1..1", "interpolation": "linear"}})
    else:
        write_card(path, {**card, "input": {"pixels": "0..255"}})
        options = ModelOptions(pixel_range="-1..1", interpolation="linear")
    classifier = EmotionClassifier(path, ["a", "b"], options)
    assert classifier.interpolation == "linear"
    crops = np.stack([np.full((8, 8, 1), grey, np.uint8) for grey in (120, 135)])
    assert classifier.probabilities(crops).argmax(axis=1).tolist() == [0, 1]


def test_models_whose_crops_are_resized_in_several_ways_are_an_error(brightness_model: Path, tmp_path: Path) -> None:
    path = save(tmp_path, dense((8, 8, 1), 7))
    taken = {"pixels": "0..255", "interpolation": "linear"}
    write_card(path, {"network": "dense", "class_names": list(FER2013_EMOTIONS), "input": taken})
    with pytest.raises(ValueError, match=r"resized in one way, but .*brightness\.keras takes auto and .* linear"):
        EmotionClassifier([brightness_model, path], 7)


def test_a_network_that_learned_from_blue_first_gets_blue_first(tmp_path: Path) -> None:
    network = dense((8, 8, 3), 2)
    # Says b where the first channel is brighter than the last.
    kernel = np.array([[-1, 1], [0, 0], [1, -1]], np.float32)
    network.layers[-1].set_weights([kernel, np.zeros(2, np.float32)])
    path = save(tmp_path, network)
    blue = np.broadcast_to(np.array([0, 0, 255], np.uint8), (1, 8, 8, 3))
    for colour, expected in (("RGB", 0), ("BGR", 1)):
        taken = {"pixels": "0..255", "colour": colour}
        write_card(path, {"network": "dense", "class_names": ["a", "b"], "input": taken})
        classifier = EmotionClassifier(path, ["a", "b"])
        assert classifier.crop_channels == 3
        assert classifier.probabilities(blue).argmax() == expected


def test_a_network_of_any_size_gets_the_usual_one(tmp_path: Path) -> None:
    classifier = EmotionClassifier(save(tmp_path, dense((None, None, 1), 7)), 7)
    assert classifier.size == 48
    assert classifier.probabilities(np.zeros((2, 48, 48, 1), np.uint8)).shape == (2, 7)


@pytest.mark.parametrize("shape", [(8, 12, 1), (8, 8, 2), (64,)])
def test_a_network_of_other_input_is_an_error(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must take square images"):
        EmotionClassifier(save(tmp_path, dense(shape, 7)), 7)


def test_outputs_that_are_not_what_the_card_says_are_an_error(tmp_path: Path) -> None:
    path = says(tmp_path, 3, None)
    write_card(path, {"network": "dense", "class_names": list(FER2013_EMOTIONS), "output": "probabilities"})
    with pytest.raises(ValueError, match=r"model\.keras: .* must be probabilities"):
        EmotionClassifier(path, 7).probabilities(CROP)


def with_temperature(model: Path, folder: Path, temperature: float) -> Path:
    """A copy of a model, without an ONNX copy, whose card has a temperature."""
    path = folder / f"t{temperature}.keras"
    shutil.copy(model, path)
    card = read_card(model)
    assert card is not None
    write_card(path, {**card, "calibration": {"temperature": temperature}})
    return path


def test_probabilities_are_calibrated_by_the_card_s_temperature(brightness_model: Path, tmp_path: Path) -> None:
    crops = np.full((1, 8, 8, 1), 100, np.uint8)
    plain = EmotionClassifier(brightness_model, 7).probabilities(crops)
    calibrated = EmotionClassifier(with_temperature(brightness_model, tmp_path, 2.0), 7).probabilities(crops)
    np.testing.assert_allclose(calibrated, np.sqrt(plain) / np.sqrt(plain).sum(), atol=1e-5)


def test_several_models_are_calibrated_and_then_averaged(brightness_model: Path, tmp_path: Path) -> None:
    crops = np.stack([np.full((8, 8, 1), value, np.uint8) for value in (100, 180)])
    paths = [with_temperature(brightness_model, tmp_path, temperature) for temperature in (0.5, 3.0)]
    single = [EmotionClassifier(path, 7).probabilities(crops) for path in paths]
    assert not np.allclose(single[0], single[1], atol=0.01)
    both = EmotionClassifier(paths, 7).probabilities(crops)
    np.testing.assert_allclose(both, (single[0] + single[1]) / 2, atol=1e-6)
    assert both.dtype == np.float32


@pytest.mark.parametrize("first", [0, 1])
def test_each_of_several_models_has_its_own_temperature(first: int, tmp_path: Path) -> None:
    """Two models that say a with a logit of 2 and b with one of 4, at temperatures of 2 and 4."""
    paths = []
    for name, bias, temperature in (("one", (2, 0), 2.0), ("two", (0, 4), 4.0)):
        network = dense((8, 8, 1), 2)
        network.layers[-1].set_weights([np.zeros((1, 2), np.float32), np.array(bias, np.float32)])
        (tmp_path / name).mkdir()
        paths.append(save(tmp_path / name, network))
        card = {"network": "dense", "class_names": ["a", "b"], "input": {"pixels": "0..255"}}
        write_card(paths[-1], {**card, "calibration": {"temperature": temperature}})
    (probabilities,) = EmotionClassifier([paths[first], paths[1 - first]], ("a", "b")).probabilities(CROP)
    # Both logits become 1: e / (e + 1) = 0.73106 for a, and the same for b. One temperature for both: 0.43 or 0.45.
    np.testing.assert_allclose(probabilities, [0.5, 0.5], atol=1e-5)


def test_no_model_and_models_of_several_sizes_are_errors(brightness_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="At least one model is needed"):
        EmotionClassifier([], 7)
    larger = save(tmp_path, dense((12, 12, 1), 7))
    with pytest.raises(ValueError, match=r"crops of one size, but .*brightness\.keras takes 8 and .*model\.keras 12"):
        EmotionClassifier([brightness_model, larger], 7)


@pytest.fixture
def copied(brightness_model: Path, tmp_path: Path) -> Path:
    """The model with its ONNX copy and a temperature of 2."""
    path = with_temperature(brightness_model, tmp_path, 2.0)
    export_model(path, ["onnx"])
    return path


def test_a_copy_gives_what_the_model_gives(copied: Path, brightness_model: Path, tmp_path: Path) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 1), dtype=np.uint8)
    (tmp_path / "keras").mkdir()
    by_keras = EmotionClassifier(with_temperature(brightness_model, tmp_path / "keras", 2.0), 7).probabilities(crops)
    by_opencv = EmotionClassifier(copied, 7).probabilities(crops)
    np.testing.assert_allclose(by_opencv, by_keras, atol=1e-4)
    copied.unlink()  # the copy and the card are enough
    for path in (copied, copied.with_suffix(".onnx")):
        np.testing.assert_array_equal(EmotionClassifier(path, 7).probabilities(crops), by_opencv)


def test_a_copy_of_other_classes_is_an_error(copied: Path) -> None:
    with pytest.raises(ValueError, match=r"t2\.0\.keras has 7 classes"):
        EmotionClassifier(copied, 6)


def test_an_onnx_file_that_is_not_the_model_s_copy_is_an_error(copied: Path) -> None:
    copied.with_suffix(".onnx").write_bytes(b"another network")
    with pytest.raises(ValueError, match="is not the copy that the model's card describes"):
        EmotionClassifier(copied, 7)


def test_what_is_no_model_file_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("no model")
    with pytest.raises(ValueError, match=r"must end in \.keras, \.h5, \.hdf5, \.onnx\. Received: .*notes\.md"):
        EmotionClassifier(tmp_path / "notes.md", 7)


@pytest.mark.parametrize("name", ["missing.keras", "missing.onnx"])
def test_a_missing_model_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"There is no model .*{name}"):
        EmotionClassifier(tmp_path / name, 7)


@pytest.mark.parametrize(("colour", "channels"), [("RGB", 3), ("grey", 1), (None, 1)])
def test_colour_crops_are_for_networks_that_learned_from_colour(
    tmp_path: Path, colour: str | None, channels: int
) -> None:
    path = save(tmp_path, dense((8, 8, 3), 2))
    taken = {} if colour is None else {"input": {"colour": colour}}
    write_card(path, {"network": "dense", "class_names": ["a", "b"], **taken})
    classifier = EmotionClassifier(path, ["a", "b"])
    assert classifier.crop_channels == channels
    assert classifier.class_names == ("a", "b")
    assert classifier.probabilities(np.zeros((2, 8, 8, channels), np.uint8)).shape == (2, 2)
    assert EmotionClassifier(path, ["b", "a"]).class_names == ("b", "a")


def test_mirrored_averages_each_crop_with_its_mirror_image(tmp_path: Path) -> None:
    # The network looks at the left column alone: its logit for class 1 is that column's mean over 255, times 4.
    pixels = keras.Input((2, 2, 1))
    dense_layer = keras.layers.Dense(2, activation="softmax")
    network = keras.Model(pixels, dense_layer(keras.layers.Flatten()(pixels)))
    kernel = np.zeros((4, 2), np.float32)
    kernel[[0, 2], 1] = 2 / 255
    dense_layer.set_weights([kernel, np.zeros(2, np.float32)])
    path = save(tmp_path, network)
    write_card(path, {"network": "left", "class_names": ["a", "b"], "input": {"pixels": "0..255"}})
    crop = np.array([[[[255], [0]], [[255], [0]]]], np.uint8)
    sure = np.exp(4) / (1 + np.exp(4))
    plain = EmotionClassifier(path, ("a", "b")).probabilities(crop)
    mirrored = EmotionClassifier(path, ("a", "b"), mirrored=True).probabilities(crop)
    np.testing.assert_allclose(plain, [[1 - sure, sure]], atol=1e-6)
    np.testing.assert_allclose(mirrored, [[(1 - sure + 0.5) / 2, (sure + 0.5) / 2]], atol=1e-6)


def test_the_cards_prior_is_taken_out_unless_the_caller_says_otherwise(tmp_path: Path) -> None:
    path = save(tmp_path, dense((2, 2, 1), 2))
    network = keras.models.load_model(path, compile=False)
    network.layers[-1].set_weights([np.zeros((1, 2), np.float32), np.zeros(2, np.float32)])
    save_network(network, path)
    card = {"network": "even", "class_names": ["a", "b"], "input": {"pixels": "0..255"}}
    write_card(path, {**card, "prior": {"class_shares": [0.9, 0.1], "power": 1.0}})
    crop = np.zeros((1, 2, 2, 1), np.uint8)
    np.testing.assert_allclose(EmotionClassifier(path, ("a", "b")).probabilities(crop), [[0.1, 0.9]], atol=1e-6)
    off = EmotionClassifier(path, ("a", "b"), ModelOptions(prior_power=0.0))
    np.testing.assert_allclose(off.probabilities(crop), [[0.5, 0.5]], atol=1e-6)
