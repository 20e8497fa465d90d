"""Weights of backbones from files: ImageNet's, as ``keras.applications`` keeps them, and any others."""

import http.client
import io
import socket
import urllib.error
from pathlib import Path
from typing import Any, cast

import h5py
import keras
import numpy as np
import pytest

from emotion_recognition.error_about import names_of
from emotion_recognition.models import build_network
from emotion_recognition.models.networks import imagenet
from emotion_recognition.models.networks.imagenet import IMAGENET_FILES
from emotion_recognition.models.networks.pixels_for_backbone import BACKBONE_PIXELS
from emotion_recognition.models.networks.transfer import backbone_layers

SIDE = 32
OPTIONS: dict[str, Any] = {"num_classes": 3, "image_size": SIDE, "backbone_size": SIDE, "hidden": 0}
PIXELS = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def published() -> keras.Model:
    """A backbone as Keras itself builds it, with weights that no other one has."""
    keras.utils.set_random_seed(7)
    return keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3))


@pytest.fixture(scope="module")
def files(published: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Its weights in every form that Keras writes."""
    folder = tmp_path_factory.mktemp("weights")
    paths = {name: folder / name for name in ("a.weights.h5", "whole.keras", "legacy.h5")}
    published.save_weights(paths["a.weights.h5"])
    published.save(paths["whole.keras"])
    save_like_keras_2(published, paths["legacy.h5"])
    return paths


def save_like_keras_2(network: keras.Model, path: Path, *, leave_out: str = "") -> None:
    """Writes weights as the files of keras.applications have them: a group for each layer, its weights by name."""
    with h5py.File(path, "w") as file:
        kept = [layer for layer in network.layers if layer.name != leave_out]
        file.attrs["layer_names"] = [layer.name.encode() for layer in kept]
        for layer in kept:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{i}:0" for i in range(len(layer.weights))]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in zip(names, layer.get_weights(), strict=True):
                group.create_dataset(name, data=value)


def features_of(network: keras.Model) -> keras.Model:
    return keras.Model(network.input, [network.get_layer(BACKBONE_PIXELS).output, backbone_layers(network)[-1].output])


def check_features(network: keras.Model, published: keras.Model) -> None:
    seen, features = features_of(network)(PIXELS, training=False)
    expected = keras.applications.mobilenet_v2.preprocess_input(PIXELS.copy())
    np.testing.assert_allclose(seen, expected, atol=1e-6)
    # Bit by bit what Keras's own backbone makes of the same pixels.
    np.testing.assert_array_equal(features, published(seen, training=False))


@pytest.mark.parametrize("form", ["a.weights.h5", "whole.keras", "legacy.h5"])
def test_features_are_those_of_the_file(files: dict[str, Path], published: keras.Model, form: str) -> None:
    network = build_network("mobilenet_v2", channels=3, weights=str(files[form]), **OPTIONS)
    check_features(network, published)
    assert len(backbone_layers(network)) == len(published.layers)


def test_imagenet_is_the_file_in_keras_own_folder(
    files: dict[str, Path], published: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / IMAGENET_FILES["mobilenet_v2"].name).write_bytes(files["legacy.h5"].read_bytes())
    check_features(build_network("mobilenet_v2", channels=3, weights="imagenet", **OPTIONS), published)


def test_without_a_connection_it_says_which_file_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_connection(url: str, timeout: float) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(imagenet.urllib.request, "urlopen", no_connection)
    name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    with pytest.raises(
        OSError, match=rf"put the file {name}, published at https://\S+{name}, into \S+models,"
    ) as caught:
        build_network("vgg16", weights="imagenet", **OPTIONS)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "models") in str(caught.value)
    assert names_of(caught.value) == ("weights",)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_download_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        def makefile(self, mode: str) -> io.BytesIO:
            return io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Length: 9406464\r\n\r\n" + bytes(1000))

    def answer(url: str, timeout: float) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(cast(socket.socket, Connection()))
        response.begin()
        return response

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(imagenet.urllib.request, "urlopen", answer)
    with pytest.raises(OSError, match=r"cannot be downloaded \(the server sent 1,000 of 9,406,464 bytes\)"):
        imagenet.find_imagenet_file("mobilenet_v2")
    assert list((tmp_path / "models").iterdir()) == []


def test_keras_own_folder_is_found_as_keras_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert imagenet.keras_home() == tmp_path / ".keras"


def test_the_files_are_those_that_keras_names() -> None:
    sources = {"vgg16": "vgg16", "vgg19": "vgg19", "resnet50": "resnet", "densenet121": "densenet"}
    for name, module in sources.items():
        text = Path(keras.__file__).parent.joinpath("src", "applications", f"{module}.py").read_text(encoding="utf-8")
        file = IMAGENET_FILES[name]
        assert file.md5 in text
        assert file.folder == module
        assert name == "resnet50" or file.name in text


@pytest.mark.parametrize("form", ["a.weights.h5", "whole.keras", "legacy.h5"])
def test_weights_of_another_architecture_are_one_line(files: dict[str, Path], form: str) -> None:
    with pytest.raises(ValueError, match=r"holds no weights of vgg16, but of another architecture: ") as caught:
        build_network("vgg16", weights=str(files[form]), **OPTIONS)
    assert "\n" not in str(caught.value)
    assert names_of(caught.value) == ("weights",)


def test_a_missing_layer_and_another_shape_are_named(published: keras.Model, tmp_path: Path) -> None:
    save_like_keras_2(published, tmp_path / "a.h5", leave_out="block_3_expand")
    with pytest.raises(ValueError, match=r"those of the layer block_3_expand are missing$"):
        build_network("mobilenet_v2", weights=str(tmp_path / "a.h5"), **OPTIONS)
    save_like_keras_2(published, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["Conv1/Conv1/0:0"]
        file["Conv1/Conv1/0:0"] = np.zeros((3, 3, 1, 32), np.float32)
    with pytest.raises(ValueError, match=r"layer Conv1 are of the shapes \[\(3, 3, 1, 32\)\] in place of"):
        build_network("mobilenet_v2", weights=str(tmp_path / "a.h5"), **OPTIONS)


@pytest.mark.parametrize("name", ["missing.h5", "text.h5", "text.weights.h5"])
def test_what_is_no_file_of_weights_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.h5").write_text("weights")
    (tmp_path / "text.weights.h5").write_text("weights")
    with pytest.raises((ValueError, OSError), match=name) as caught:
        build_network("mobilenet_v2", weights=str(tmp_path / name), **OPTIONS)
    assert names_of(caught.value) == ("weights",)


def test_a_size_below_the_backbones_least_is_refused() -> None:
    with pytest.raises(ValueError, match=r"backbone_size must be at least 32 for vgg16\. Received: 31$") as caught:
        build_network("vgg16", num_classes=3, image_size=48, backbone_size=31)
    assert names_of(caught.value) == ("backbone_size",)
