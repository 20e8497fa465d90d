"""Transfer learning as a person does it with TrainNetwork.py, on a tiny data set."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import TrainNetwork
from emotion_recognition.command_line.network_options import chosen_network
from emotion_recognition.models import NETWORKS
from emotion_recognition.models.card import read_card
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.onnx_copy import read_copy
from emotion_recognition.training.recipes import RECIPES, parse_crop, parse_freezes
from emotion_recognition.training.settings import StageSettings


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of colour pictures, with two convolutions and a classifier."""
    keras.utils.set_random_seed(3)
    pixels = keras.Input((None, None, 3), name="rgb")
    x = layers.Conv2D(3, 5, strides=4, activation="relu", name="first")(pixels)
    x = layers.Conv2D(4, 3, strides=2, activation="relu", name="second")(layers.BatchNormalization(name="norm")(x))
    network = keras.Model(pixels, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)), name="objects")
    path = tmp_path_factory.mktemp("backbones") / "objects.keras"
    save_network(network, path)
    return path


def run(base: Path, *options: str) -> int:
    return TrainNetwork.main(["-b", str(base), "-n", "7", *options])


def test_head_first_then_the_rest_from_a_backbone(
    small_base: Path, backbone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--recipe", "finetune", "--backbone", str(backbone), "--backbone_size", "64", "--hidden", "8"]
    assert run(small_base, *options, "--stages", "1e-3:1,1e-4:1", "--freeze", "all,2", "-om", "mine.keras") == 0
    printed = capsys.readouterr().out
    # 4·8 + 8 of the hidden units and 8·7 + 7 of the last layer; then the 3 + 3 of the normalization and the second
    # convolution's 9·3·4 + 4 too.
    assert "Stage 1 freezes 4 of 4 backbone layers, trains 103 parameters" in printed
    assert "Stage 2 freezes 2 of 4 backbone layers, trains 221 parameters" in printed
    path = small_base / "output" / "mine.keras"
    first = load_network(path).get_layer("first").get_weights()
    for kept, given in zip(first, load_network(backbone).get_layer("first").get_weights(), strict=True):
        np.testing.assert_array_equal(kept, given)
    card = read_card(path)
    assert card is not None
    assert card["network"] == "objects"
    assert card["backbone"] == {
        "file": "objects.keras",
        "sha256": card["backbone"]["sha256"],
        "pixels": "0..255",
    }
    assert [stage["freeze"] for stage in card["stages"]] == ["all", 2]
    assert read_copy(path) is not None

    # And on from there, with other classes: the backbone and where it came from stay.
    head = ["-n", "6", "-im", "mine.keras", "--new_head", "--freeze", "all", "-lr", "1e-3", "-epochs", "1"]
    assert TrainNetwork.main(["-b", str(small_base), *head, "-om", "six.keras"]) == 0
    six = json.loads((small_base / "output" / "six.json").read_text())
    assert (six["network"], six["backbone"]) == ("objects", card["backbone"])
    assert load_network(path.with_name("six.keras")).output_shape == (None, 6)


def test_a_crop_becomes_part_of_a_trained_model_too(small_base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = ["--network", "shallow_cnn", "-epochs", "1", "--random_crop"]
    assert run(small_base, *one, "20:16", "-om", "a.keras") == 0
    assert run(small_base, "-im", "a.keras", "-epochs", "1", "-om", "b.keras") == 0
    capsys.readouterr()
    assert run(small_base, "-im", "a.keras", "-epochs", "1", "-om", "c.keras", "--random_crop", "24:16") == 2
    assert "must be that of the input model, 20:16. Received: 24:16 (--random_crop; -im)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--network", "vgg16", "--weights", "missing.h5"], "There is no file of weights missing.h5. (--weights)"),
        (["--network", "vgg16", "--weights", "none", "--backbone_size", "31"], "at least 32 for vgg16. Received: 31"),
        (["--network", "resnet9", "--weights", "none"], "--weights is for networks on a backbone: vgg16, vgg19"),
        (["--network", "resnet9", "--freeze", "all,none"], "once or for each of the 3 stages. Received: 2 (--freeze)"),
        (["--network", "shallow_cnn", "--freeze", "999"], "the layers of the backbone of shallow_cnn. Received: 999"),
        (["--freeze", "some"], "all, none or a number of layers, one for each stage. Received: some (--freeze)"),
        (["--backbone", "BACKBONE", "--network", "vgg16"], "leave out --network"),
        (["--backbone", "BACKBONE", "--weights", "none"], "leave out --weights"),
        (["--backbone", "BACKBONE", "-im", "a.keras"], "leave out -im"),
        (["--backbone", "BACKBONE", "--backbone_size", "4"], "cannot be shown images of 4×4"),
        (["--backbone", "missing.keras"], "There is no model missing.keras. (--backbone)"),
        (["--backbone_pixels", "-1..1"], "--backbone_pixels needs --backbone."),
        (["--hidden", "-1"], "hidden must be at least 0. Received: -1 (--hidden)"),
        (["--head_dropout", "1"], "head_dropout must be at least 0 and below 1. Received: 1.0 (--head_dropout)"),
        (["--network", "resnet9", "--random_crop", "12:7"], "random_crop must be at least 8 for resnet9. Received: 7"),
        (["--random_crop", "48:48"], "cut a smaller square out of a larger one. Received: 48:48 (--random_crop)"),
    ],
)
def test_a_mistake_is_one_line(
    options: list[str], message: str, small_base: Path, backbone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small_base, *(option.replace("BACKBONE", str(backbone)) for option in options)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert list((small_base / "output").iterdir()) == []


def test_networks_on_a_backbone_start_from_imagenet_unless_another_is_asked_for() -> None:
    def chosen(*options: str, usual: str = "vggnet") -> object:
        choice = chosen_network(TrainNetwork.build_parser().parse_args(options), usual)
        return choice.network, dict(choice.options or {})

    assert chosen() == ("vggnet", {})
    assert chosen(usual="mobilenet_v2") == ("mobilenet_v2", {"weights": "imagenet"})
    assert chosen("--network", "vgg19", "--weights", "none") == ("vgg19", {"weights": "none"})
    assert chosen("-im", "a.keras", usual="mobilenet_v2") == (None, {})


def test_recipes_freeze_and_crop_as_published() -> None:
    def stages(*options: str) -> list[StageSettings]:
        return TrainNetwork._stages(TrainNetwork.build_parser().parse_args(options))

    head, rest = stages("--recipe", "finetune")
    assert [(s.learning_rate, s.epochs, s.freeze, s.batch_size) for s in (head, rest)] == [
        (1e-3, 5, "all", 64),
        (1e-4, 25, None, 64),
    ]
    assert [s.freeze for s in stages("--recipe", "finetune", "--freeze", "3")] == [3, 3]
    (one,) = stages("--recipe", "finetune", "-lr", "1e-5")
    assert one.freeze is None
    (five,) = stages("--recipe", "five_classes")
    assert (five.learning_rate, five.batch_size, five.random_crop, five.schedule) == (3e-5, 200, (280, 256), "constant")
    assert five.patience is not None
    assert five.augmentation is not None
    assert (five.augmentation.rotation, five.augmentation.flip, five.augmentation.shift) == (10, True, 0)
    assert NETWORKS[RECIPES["five_classes"].network].has_imagenet
    (cycle,) = stages("--recipe", "onecycle")
    assert cycle.augmentation is not None
    assert (cycle.augmentation.shift * 48, cycle.augmentation.rotation) == (4, 0)


def test_texts_of_crops_and_freezes() -> None:
    assert (parse_crop("none"), parse_freezes("none")) == (None, (None,))
    for text in ("280", "280:", "a:b", "280:256:1", ""):
        with pytest.raises(ValueError, match="RESIZE:CROP in pixels"):
            parse_crop(text)
    for text in ("", "all,", "-1", "1.5"):
        with pytest.raises(ValueError, match="freeze must be all, none or a number"):
            parse_freezes(text)
