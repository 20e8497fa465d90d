import hashlib
import json
from pathlib import Path

import pytest

from emotion_recognition.detection.face_detectors.face_ssd.card import is_face_ssd, read_face_ssd
from tests.detection.conftest import PRIORS, copy_entry, write_card


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    """A file with its card; what is in it does not matter here."""
    path = tmp_path / "face_ssd.onnx"
    path.write_bytes(b"network")
    write_card(path)
    return path


def test_the_card_says_how_to_read_the_network(onnx: Path) -> None:
    file = read_face_ssd(onnx)
    assert (file.path, file.content, file.priors, file.size, file.min_confidence) == (
        onnx,
        b"network",
        PRIORS,
        320,
        0.4,
    )


def test_a_keras_file_leads_to_its_copy_whether_it_is_there_or_not(onnx: Path) -> None:
    keras_file = onnx.with_suffix(".keras")
    assert read_face_ssd(keras_file).path == onnx
    keras_file.write_bytes(b"model")
    model = hashlib.sha256(b"model").hexdigest()
    write_card(onnx, onnx=copy_entry(b"network", model))
    assert read_face_ssd(keras_file).path == onnx
    keras_file.write_bytes(b"another model")
    with pytest.raises(ValueError, match=r"face_ssd\.onnx is the copy of an earlier face_ssd\.keras"):
        read_face_ssd(keras_file)
    assert read_face_ssd(onnx).path == onnx


def test_a_card_need_not_choose_a_confidence(onnx: Path) -> None:
    write_card(onnx, min_confidence=None)
    assert read_face_ssd(onnx).min_confidence is None


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    for name in ("missing.onnx", "missing.keras"):
        with pytest.raises(FileNotFoundError, match=r"There is no face detector .*missing\.onnx\."):
            read_face_ssd(tmp_path / name)


def test_a_missing_card_is_an_error(onnx: Path) -> None:
    onnx.with_suffix(".json").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no card beside it, .*face_ssd\.json"):
        read_face_ssd(onnx)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.onnx or \.keras\. Received: .*a\.pb"):
        read_face_ssd(tmp_path / "a.pb")


def test_other_bytes_than_the_cards_are_refused(onnx: Path) -> None:
    onnx.write_bytes(b"another network")
    with pytest.raises(ValueError, match=r"face_ssd\.onnx is not the copy that the model's card describes"):
        read_face_ssd(onnx)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"network": "vggnet"}, "must be the card of a face_ssd network. Received: 'vggnet'"),
        ({"onnx": None}, "face_ssd.onnx is unknown to "),
        ({"class_names": None}, "is not a model's card: it must have class_names"),
        ({"priors": None}, "describes no prior boxes"),
        ({"priors": {"strides": [8]}}, "describes no prior boxes"),
        ({"priors": {**PRIORS.to_card()["priors"], "aspect_ratio": 0}}, "aspect_ratio must be a number above 0"),
        ({"input": None}, "must state the input's size in pixels. Received: None"),
        ({"input": {"size": "320"}}, "must state the input's size in pixels. Received: '320'"),
        ({"min_confidence": 1.5}, "min_confidence within 0..1. Received: 1.5"),
        ({"min_confidence": True}, "min_confidence within 0..1. Received: True"),
        ({"min_confidence": 10**400}, "min_confidence within 0..1. Received: 1000000"),
        ({"input": {"size": 10**6}}, "must state the input's size in pixels. Received: 1000000"),
        ({"input": [320]}, "input must be an object. Received: [320]"),
        ({"priors": {**PRIORS.to_card()["priors"], "strides": ["8"]}}, "describes no prior boxes"),
        ({"priors": {**PRIORS.to_card()["priors"], "strides": [8.5]}}, "describes no prior boxes"),
        ({"priors": {**PRIORS.to_card()["priors"], "sizes": [[10.0] * 10**6]}}, "describes no prior boxes"),
        ({"onnx": {"sha256": 1, "model_sha256": "", "max_difference": 0}}, "sha256 must be a text. Received: 1"),
        ({"onnx": {"sha256": "", "model_sha256": "", "max_difference": 0, "image_size": 10**6}}, "Received: 1000000"),
    ],
)
def test_a_card_that_does_not_describe_the_network_is_an_error(
    changed: dict[str, object], message: str, onnx: Path
) -> None:
    write_card(onnx, **changed)
    with pytest.raises(ValueError, match=r"face_ssd\.json") as caught:
        read_face_ssd(onnx)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[]"])
def test_a_card_that_is_none_is_an_error(content: bytes, onnx: Path) -> None:
    onnx.with_suffix(".json").write_bytes(content)
    assert not is_face_ssd(onnx)
    with pytest.raises(ValueError, match=r"face_ssd\.json is not"):
        read_face_ssd(onnx)


def test_a_detector_is_known_by_its_card(onnx: Path) -> None:
    assert is_face_ssd(onnx)
    assert is_face_ssd(onnx.with_suffix(".keras"))
    assert not is_face_ssd(onnx.with_suffix(".pb"))
    assert not is_face_ssd(onnx.with_name("other.onnx"))
    onnx.with_suffix(".json").write_text(json.dumps({"network": "vggnet", "class_names": ["sad"]}), encoding="utf-8")
    assert not is_face_ssd(onnx)
