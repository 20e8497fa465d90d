"""The walk of the five-class project: boxes in VOC XML, crops at 280 pixels, random crops, report, detection."""

import json
from pathlib import Path

import cv2
import numpy as np

import BuildDataset
import EmotionDetector
import TestNetwork
import TrainNetwork
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.models.card import read_card
from emotion_recognition.models.files import load_network
from emotion_recognition.models.networks.centre_crop import centre_crop_of
from emotion_recognition.workspace import Variant, Workspace

NAMES = ("neutral", "anger", "surprise", "smile", "sad")
VARIANT = Variant(image_size=280, channels=3)


def annotate(root: Path, number: int) -> None:
    """A photograph with a face, a square of its class's shade from (30, 20) to (90, 80)."""
    photo = np.full((100, 120, 3), 128, np.uint8)
    photo[20:80, 30:90] = 50 * (number % 5)
    cv2.imwrite(str(root / f"{number}.png"), photo)
    (root / f"{number}.xml").write_text(
        f"<annotation><filename>{number}.png</filename><object><name>{NAMES[number % 5]}</name><bndbox>"
        "<xmin>31</xmin><ymin>21</ymin><xmax>90</xmax><ymax>80</ymax></bndbox></object></annotation>"
    )


def test_from_boxes_to_a_detected_face(tmp_path: Path) -> None:
    (tmp_path / "voc").mkdir()
    for number in range(20):
        annotate(tmp_path / "voc", number)
    base = tmp_path / "base"
    run = ["-b", str(base), "-n", "5", "--image_size", "280", "--channels", "3"]
    shares = ["--val_share", "0.25", "--test_share", "0.25"]
    assert BuildDataset.main([*run, "--input", str(tmp_path / "voc"), *shares]) == 0
    train = read_split(Workspace(base).split_path("train", 5, variant=VARIANT))
    assert train.images.shape == (10, 280, 280, 3)
    assert train.class_names == ("anger", "happy", "sad", "surprise", "neutral")

    # The recipe with a small network, which sees 32 pixels of 36.
    options = ["--recipe", "five_classes", "--network", "shallow_cnn", "--random_crop", "36:32", "-epochs", "1"]
    assert TrainNetwork.main([*run, *options, "-om", "five.keras"]) == 0
    model = base / "output" / "five.keras"
    network = load_network(model)
    assert network.input_shape == (None, 280, 280, 3)
    assert centre_crop_of(network) == (36, 32)
    card = read_card(model)
    assert card is not None
    (stage,) = card["stages"]
    assert (stage["learning_rate"], stage["batch_size"], stage["random_crop"]) == (3e-5, 200, [36, 32])

    assert TestNetwork.main([*run, "-im", "five.keras"]) == 0
    report = json.loads((base / "output" / "five_test_report.json").read_text())
    assert report["metrics"]["examples"] == 5

    found = tmp_path / "found.json"
    photo = Path(__file__).resolve().parents[1] / "FacialExpressionRecognition" / "output" / "testImage.jpg"
    detect = ["-n", "5", "-i", str(photo), "-m", str(model), "--json", str(found), "-o", str(tmp_path / "out.jpg")]
    assert EmotionDetector.main(detect) == 0
    (picture,) = json.loads(found.read_text())["results"]
    assert len(picture["faces"]) >= 1
    assert set(picture["faces"][0]["probabilities"]) == set(train.class_names)
