"""Class names from the source to the detector: what a picture is filed under is what is said of it in the end.

Every class has its own shade or colour, chosen here by its name, and a network that was made to know them by name. So
a label that gets another name anywhere on the way shows as a wrong prediction.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

import BuildDataset
import TestNetwork
import TrainNetwork
from emotion_recognition import EmotionDetector
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.workspace import Variant, Workspace

Colour = tuple[int, int, int]  # blue, green, red


class OneFace:
    """A face detector that takes the whole picture for a face."""

    name = "whole"
    description = "the whole picture"
    framing = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)

    def detect(self, image: np.ndarray) -> list[Face]:
        return [Face((0, 0, image.shape[1], image.shape[0]), 1.0)]


def save(path: Path, colour: Colour, size: tuple[int, int] = (50, 50)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((*size, 3), colour, np.uint8))[1].tobytes())


def folders(root: Path, colours: Mapping[str, Colour]) -> None:
    """A folder for each class, with names as people write them."""
    for name, colour in colours.items():
        for i in range(5):
            save(root / name / f"{i}.png", colour)


def annotations(root: Path, colours: Mapping[str, Colour]) -> None:
    """Photographs with three faces side by side, each of another class, on a background of yet another colour."""
    names = list(colours)
    for i in range(10):
        photo = np.full((80, 300, 3), 255, np.uint8)
        objects = ""
        for place, name in enumerate(names[(i + step) % len(names)] for step in (0, 2, 3)):
            left = 100 * place
            photo[:, left : left + 100] = colours[name]
            objects += (
                f"<object><name>{name}</name><bndbox><xmin>{left + 21}</xmin><ymin>11</ymin>"
                f"<xmax>{left + 80}</xmax><ymax>70</ymax></bndbox></object>"
            )
        (root / "JPEGImages").mkdir(parents=True, exist_ok=True)
        (root / "Annotations").mkdir(exist_ok=True)
        (root / "JPEGImages" / f"{i}.png").write_bytes(cv2.imencode(".png", photo)[1].tobytes())
        (root / "Annotations" / f"{i}.xml").write_text(
            f"<annotation><filename>{i}.png</filename><size><width>300</width><height>80</height></size>"
            f"{objects}</annotation>"
        )


def nearest_colour(path: Path, classes: Mapping[str, Colour], size: int, channels: int) -> None:
    """Saves a network, with its card, that gives the class, by name, whose colour is nearest to the mean pixel."""
    centres = np.array([colour[::-1] if channels == 3 else colour[:1] for colour in classes.values()]) / 255
    pixels = keras.Input((size, size, channels))
    head = keras.layers.Dense(len(classes), activation="softmax")
    network = keras.Model(pixels, head(keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pixels))))
    # −|mean − centre|², without the part that all classes share, sharpened.
    head.set_weights([400 * 2 * centres.T, -400 * (centres**2).sum(axis=1)])
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    save_network(network, path)
    write_card(path, {"network": "nearest", "class_names": list(classes), "stages": []})


def grey(shade: int) -> Colour:
    return (shade, shade, shade)


CASES = {
    # As folders are called, in an order that is neither alphabetical nor FER2013's.
    "emotions in folders": (
        folders,
        {
            "Sadness": grey(0),
            "neutral": grey(40),
            "scared": grey(80),
            "ANGRY": grey(120),
            "surprised": grey(160),
            "disgust": grey(200),
            "smile": grey(240),
        },
        {
            "anger": grey(120),
            "disgust": grey(200),
            "fear": grey(80),
            "happy": grey(240),
            "sad": grey(0),
            "surprise": grey(160),
            "neutral": grey(40),
        },
        ["-n", "7"],
        Variant(),
    ),
    "five emotions in annotations": (
        annotations,
        {"surprise": grey(30), "smile": grey(70), "neutral": grey(110), "anger": grey(150), "sad": grey(190)},
        {"anger": grey(150), "happy": grey(70), "sad": grey(190), "surprise": grey(30), "neutral": grey(110)},
        ["-n", "5"],
        Variant(),
    ),
    "own classes in colour": (
        folders,
        {"blue": (250, 0, 0), "green": (0, 250, 0), "red": (0, 0, 250)},
        {"red": (0, 0, 250), "blue": (250, 0, 0), "green": (0, 250, 0)},
        ["--classes", "red,blue,green", "--image_size", "64", "--channels", "3"],
        Variant(own_classes=True, image_size=64, channels=3),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_class_names_stay_with_their_pictures_from_source_to_detector(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make: Callable[[Path, Mapping[str, Colour]], None]
    make, sources, classes, options, variant = CASES[case]
    base = tmp_path / "base"
    make(tmp_path / "source", sources)
    run = ["-b", str(base), *options]

    assert (
        BuildDataset.main([*run, "--input", str(tmp_path / "source"), "--val_share", "0.2", "--test_share", "0.2"]) == 0
    )
    test = read_split(Workspace(base).split_path("test", len(classes), variant=variant))
    assert test.class_names == tuple(classes)
    assert (test.class_counts() > 0).all()
    for image, label in zip(test.images, test.labels, strict=True):
        colour = list(classes.values())[label]
        # OpenCV's conversion to grey and back is off by at most one.
        assert np.abs(image.astype(int) - (colour[::-1] if variant.channels == 3 else colour[:1])).max() <= 1

    nearest_colour(tmp_path / "start.keras", classes, variant.image_size, variant.channels)
    # A rate this small changes no weight by more than rounding.
    train = ["-im", str(tmp_path / "start.keras"), "-om", "mine.keras", "-lr", "1e-9", "-epochs", "1"]
    assert TrainNetwork.main([*run, *train]) == 0
    model = base / "output" / "mine.keras"
    assert json.loads(model.with_suffix(".json").read_text())["class_names"] == list(classes)

    capsys.readouterr()
    assert TestNetwork.main([*run, "-im", str(model)]) == 0
    report = json.loads((base / "output" / "mine_test_report.json").read_text())
    assert report["class_names"] == list(classes)
    assert report["metrics"]["accuracy"] == 1
    assert {name: row["examples"] for name, row in report["metrics"]["classes"].items()} == {
        name: int(count) for name, count in zip(classes, test.class_counts(), strict=True)
    }

    detector = EmotionDetector(model, classes=list(classes), detector=OneFace())
    for name, colour in classes.items():
        (face,) = detector.detect(np.full((70, 90, 3), colour, np.uint8))
        assert face.emotion == name
        assert list(face.probabilities) == list(classes)


def test_a_model_of_other_classes_is_refused_by_every_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, sources, classes, _, _ = CASES["own classes in colour"]
    make(tmp_path / "source", sources)
    run = ["-b", str(tmp_path / "base"), "--classes", "red,blue,green"]
    assert BuildDataset.main([*run, "--input", str(tmp_path / "source")]) == 0
    others = {"yellow" if name == "green" else name: colour for name, colour in classes.items()}
    nearest_colour(tmp_path / "start.keras", others, 48, 1)
    capsys.readouterr()
    runs: Sequence[Callable[[], int]] = (
        lambda: TrainNetwork.main([*run, "-im", str(tmp_path / "start.keras")]),
        lambda: TestNetwork.main([*run, "-im", str(tmp_path / "start.keras")]),
    )
    for script in runs:
        assert script() == 2
        error = capsys.readouterr().err
        assert "both must have the same classes" in error
        assert error.count("\n") == 1
    with pytest.raises(ValueError, match="both must have the same classes"):
        EmotionDetector(tmp_path / "start.keras", classes=["red", "blue", "green"], detector=OneFace())


def test_a_model_of_the_same_classes_in_another_order_is_put_in_order_by_every_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, sources, classes, _, _ = CASES["own classes in colour"]
    make(tmp_path / "source", sources)
    run = ["-b", str(tmp_path / "base"), "--classes", "red,blue,green", "--channels", "3"]
    assert BuildDataset.main([*run, "--input", str(tmp_path / "source")]) == 0
    nearest_colour(tmp_path / "start.keras", dict(sorted(classes.items())), 48, 3)
    colours = {"pixels": "0..255", "colour": "RGB"}
    write_card(tmp_path / "start.keras", {"class_names": sorted(classes), "input": colours})
    capsys.readouterr()
    assert TestNetwork.main([*run, "-im", str(tmp_path / "start.keras")]) == 0
    assert "all images" in (report := capsys.readouterr().out)
    assert "100.00 %" in next(line for line in report.splitlines() if line.startswith("all images"))
    detector = EmotionDetector(tmp_path / "start.keras", classes=["red", "blue", "green"], detector=OneFace())
    for name, colour in classes.items():
        (face,) = detector.detect(np.full((70, 90, 3), colour, np.uint8))
        assert face.emotion == name
        assert list(face.probabilities) == ["red", "blue", "green"]
