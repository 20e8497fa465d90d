from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.drawing.explanation import Explanation
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.models.networks.centre_crop import with_centre_crop
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face, Landmarks

NAMES = ("bright", "dark")
FRAMING = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)


class OneFace:
    """A face detector for which all pictures have one face at the same place."""

    framing = FRAMING

    def __init__(self, landmarks: Landmarks | None = None) -> None:
        self.landmarks = landmarks

    def detect(self, image: np.ndarray) -> list[Face]:
        return [Face((30, 20, 24, 24), 0.9, self.landmarks)]


def explanation_of(*models: Path, classes: Sequence[str] = NAMES) -> Explanation:
    return Explanation(models, EmotionDetector(models, classes=classes, detector=OneFace()))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 12×12 images with two feature maps, brightness and darkness, each of which speaks for its class."""
    pixels = keras.Input((12, 12, 1))
    features, dense = keras.layers.Conv2D(2, 1), keras.layers.Dense(2, activation="softmax")
    maps = features(keras.layers.Rescaling(1 / 255)(pixels))
    network = keras.Model(pixels, dense(keras.layers.GlobalAveragePooling2D()(maps)))
    features.set_weights([np.array([[[[1.0, -1.0]]]]), np.array([0.0, 1.0])])
    dense.set_weights([np.eye(2) * 5, np.zeros(2)])
    path = tmp_path_factory.mktemp("models") / "brightness.keras"
    save_network(network, path)
    return path


@pytest.fixture(scope="module")
def sequential_model(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network as a Sequential one."""
    layers = keras.saving.load_model(model).layers
    network = keras.Sequential([keras.Input((12, 12, 1)), *layers[1:]])
    path = tmp_path_factory.mktemp("models") / "sequential.keras"
    save_network(network, path)
    return path


def test_a_sequential_network_has_the_same_map(model: Path, sequential_model: Path) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (2, 12, 12, 1), dtype=np.uint8)
    expected = explanation_of(model).heat_maps(crops, [0, 1])
    np.testing.assert_allclose(explanation_of(sequential_model).heat_maps(crops, [0, 1]), expected, atol=1e-5)


def test_the_map_is_hot_where_the_class_comes_from(model: Path) -> None:
    crops = np.zeros((2, 12, 12, 1), np.uint8)
    crops[:, 2:5, 1:4] = 255
    bright, dark = explanation_of(model, model).heat_maps(crops, [0, 1])
    is_bright = crops[0, :, :, 0] == 255
    assert bright.dtype == np.float32
    np.testing.assert_allclose(bright, is_bright, atol=1e-5)
    np.testing.assert_allclose(dark, ~is_bright, atol=1e-5)


def test_the_map_of_a_network_that_sees_the_middle_lies_in_the_middle(model: Path, tmp_path: Path) -> None:
    cropping = tmp_path / "cropping.keras"
    save_network(with_centre_crop(keras.saving.load_model(model), 24, (24, 12)), cropping)
    crops = np.zeros((1, 24, 24, 1), np.uint8)
    crops[0, 8:11, 7:10] = 255
    (bright,) = explanation_of(cropping).heat_maps(crops, [0])
    np.testing.assert_allclose(bright, crops[0, :, :, 0] == 255, atol=1e-5)


def test_a_network_within_a_network_is_explained(model: Path, tmp_path: Path) -> None:
    whole = keras.saving.load_model(model)
    features = keras.Model(whole.input, whole.layers[2].output, name="base")
    pixels = keras.Input((12, 12, 1))
    head = keras.layers.Dense(2, activation="softmax")
    nested = keras.Model(pixels, head(keras.layers.GlobalAveragePooling2D()(features(pixels))))
    head.set_weights([np.eye(2) * 5, np.zeros(2)])
    save_network(nested, tmp_path / "nested.keras")
    crops = np.random.default_rng(0).integers(0, 256, (2, 12, 12, 1), dtype=np.uint8)
    expected = explanation_of(model).heat_maps(crops, [0, 1])
    np.testing.assert_allclose(explanation_of(tmp_path / "nested.keras").heat_maps(crops, [0, 1]), expected, atol=1e-5)


def test_many_pictures_are_explained_without_complaint(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    explanation = explanation_of(model)
    for faces in (1, 2, 3, 1, 2, 3):
        explanation.heat_maps(np.zeros((faces, 12, 12, 1), np.uint8), [0] * faces)
    assert "retracing" not in caplog.text  # TensorFlow warns, on the user's screen, of graphs made again and again


def test_it_is_drawn_at_the_faces_own_place(model: Path) -> None:
    photo = np.full((60, 90, 3), 10, np.uint8)
    photo[20:44, 50:62] = 255  # the left half of the second face
    faces = [FaceEmotion((x, 20, 24, 24), 0.9, {"bright": 0.9, "dark": 0.1}) for x in (10, 50)]
    explanation = explanation_of(model)
    drawn = explanation(photo, Sight("a", (90, 60), [SeenFace(face) for face in faces]))
    changed = (drawn != photo).any(axis=2)
    assert changed[22:42, 51:60].all()
    assert not changed[:, :48].any()  # nothing is bright on the first face
    assert not changed[:, 64:].any()
    assert (photo[20:44, 50:62] == 255).all()


def test_without_faces_the_picture_stays_as_it_is(model: Path) -> None:
    photo = np.full((40, 60, 3), 50, np.uint8)
    drawn = explanation_of(model)(photo, Sight("a", (60, 40), []))
    np.testing.assert_array_equal(drawn, photo)
    assert drawn is not photo


def test_a_network_without_feature_maps_is_refused(tmp_path: Path) -> None:
    pixels = keras.Input((4, 4, 1))
    network = keras.Model(pixels, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(pixels)))
    save_network(network, tmp_path / "flat.keras")
    with pytest.raises(ValueError, match="has no feature maps"):
        explanation_of(tmp_path / "flat.keras")


@pytest.fixture(scope="module")
def colour_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 12×12 RGB images whose maps are red alone and blue alone; red speaks for anger, blue for sad."""
    pixels = keras.Input((12, 12, 3))
    features, dense = keras.layers.Conv2D(2, 1), keras.layers.Dense(2, activation="softmax")
    maps = features(keras.layers.Rescaling(1 / 255)(pixels))
    network = keras.Model(pixels, dense(keras.layers.GlobalAveragePooling2D()(maps)))
    features.set_weights([np.array([[[[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]]]), np.zeros(2)])
    dense.set_weights([np.eye(2) * 5, np.zeros(2)])
    path = tmp_path_factory.mktemp("models") / "colour.keras"
    save_network(network, path)
    write_card(path, {"network": "colour", "class_names": ["anger", "sad"], "input": {"colour": "RGB"}})
    return path


def explained(photo: np.ndarray, model: Path, detector: OneFace) -> tuple[FaceEmotion, np.ndarray]:
    """The face, and a bool array (height, width): where its heat map is drawn."""
    joined = EmotionDetector(model, classes=("anger", "sad"), detector=detector)
    (face,) = joined.detect(photo)
    drawn = Explanation([model], joined)(photo, Sight("a", (90, 60), [SeenFace(face)]))
    return face, (drawn != photo).any(axis=2)


def test_the_map_of_a_colour_model_is_made_of_the_colours_that_were_classified(colour_model: Path) -> None:
    photo = np.zeros((60, 90, 3), np.uint8)
    photo[20:44, 30:42] = (0, 0, 255)  # BGR: the face's left half is red
    photo[20:44, 42:54] = (0, 255, 0)  # and its right half green, which is brighter in grey
    face, changed = explained(photo, colour_model, OneFace())
    assert face.emotion == "anger"
    assert changed[22:42, 31:40].all()
    assert not changed[:, 44:].any()


def test_the_map_of_a_tilted_face_is_that_of_the_upright_crop(colour_model: Path) -> None:
    # On its right side: the eyes lie above each other, to the right of the mouth; see roll_of.
    lying = OneFace(((46.0, 26.0), (46.0, 38.0), (42.0, 32.0), (38.0, 28.0), (38.0, 36.0)))
    photo = np.zeros((60, 90, 3), np.uint8)
    photo[20:32, 30:54] = (255, 0, 0)  # the upper half of the picture is blue
    face, changed = explained(photo, colour_model, lying)
    assert face.emotion == "sad"
    assert changed[21:30, 32:52].all()
    assert not changed[34:].any()


@pytest.fixture(scope="module")
def logits_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of brightness for pixels of 0..1, with its classes in the other order and logits for outputs."""
    pixels = keras.Input((12, 12, 1))
    features, dense = keras.layers.Conv2D(2, 1), keras.layers.Dense(2)
    network = keras.Model(pixels, dense(keras.layers.GlobalAveragePooling2D()(features(pixels))))
    features.set_weights([np.array([[[[1.0, -1.0]]]]), np.array([0.0, 1.0])])
    dense.set_weights([np.eye(2)[::-1] * 5, np.full(2, -2.0)])
    path = tmp_path_factory.mktemp("models") / "logits.keras"
    save_network(network, path)
    card = {"network": "logits", "class_names": ["dark", "bright"], "input": {"pixels": "0..1"}, "output": "logits"}
    write_card(path, card)
    return path


def test_a_model_with_its_own_pixels_order_and_outputs_is_explained_alike(logits_model: Path) -> None:
    crops = np.zeros((2, 12, 12, 1), np.uint8)
    crops[:, 2:5, 1:4] = 255
    bright, dark = explanation_of(logits_model).heat_maps(crops, [0, 1])
    np.testing.assert_allclose(bright, crops[0, :, :, 0] == 255, atol=1e-5)
    np.testing.assert_allclose(dark, crops[0, :, :, 0] == 0, atol=1e-5)
