"""The JSON card beside a model."""

import os
from pathlib import Path

import pytest

from emotion_recognition.models.card import read_card, record_metrics, write_card


def test_a_card_comes_back_as_it_was_written(tmp_path: Path) -> None:
    model = tmp_path / "a.keras"
    card = {"network": "vggnet", "class_names": ["happy", "traurig", "überrascht"], "stages": [{"epochs": 3}]}
    write_card(model, card)
    assert (tmp_path / "a.json").is_file()
    assert read_card(model) == card


def test_no_card_is_none(tmp_path: Path) -> None:
    assert read_card(tmp_path / "a.keras") is None


def test_a_card_needs_its_classes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Missing: \['class_names'\]"):
        write_card(tmp_path / "a.keras", {"network": "vggnet"})
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_json_does_not_have_leaves_the_earlier_card(tmp_path: Path) -> None:
    model = tmp_path / "a.keras"
    card = {"network": "vggnet", "class_names": ["happy"]}
    write_card(model, card)
    with pytest.raises(ValueError, match="JSON"):
        write_card(model, {**card, "loss": float("nan")})
    assert read_card(model) == card


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"class_names": "happy"}', '{"class_names": [1, 2]}'])
def test_what_is_no_card_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.json is not"):
        read_card(tmp_path / "a.keras")


def test_bytes_that_are_no_text_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"a\.json is not valid JSON"):
        read_card(tmp_path / "a.keras")


def test_figures_are_recorded_per_split(tmp_path: Path) -> None:
    model = tmp_path / "a.keras"
    card = {"network": "vggnet", "class_names": ["happy"]}
    write_card(model, {**card, "metrics": {"val": {"accuracy": 0.5}, "test": {"accuracy": 0.1, "old": 1}}})
    record_metrics(model, "test", {"accuracy": 0.4})
    assert read_card(model) == {**card, "metrics": {"val": {"accuracy": 0.5}, "test": {"accuracy": 0.4}}}


def test_figures_on_other_labels_stand_beside_those_on_the_model_s_own(tmp_path: Path) -> None:
    model = tmp_path / "a.keras"
    card = {"network": "vggnet", "class_names": ["happy"], "data": {"labels": "ferplus"}}
    write_card(model, card)
    record_metrics(model, "test", {"accuracy": 0.8}, labels="ferplus")
    record_metrics(model, "test", {"accuracy": 0.6}, labels="fer2013")
    assert read_card(model) == {**card, "metrics": {"test": {"accuracy": 0.8}, "fer2013_test": {"accuracy": 0.6}}}


@pytest.mark.parametrize(
    ("split", "labels", "sha256", "examples", "key"),
    [
        ("val", "fer2013", "a", 7, "val"),  # the data that it learned from, whatever their number
        ("val", "fer2013", None, 7, "val"),
        ("val", "fer2013", "b", 10, "val"),  # another distribution of as many
        ("val", "fer2013", "b", 7, None),
        ("test", "fer2013", "b", 9, "test"),
        ("test", "fer2013", "b", 7, None),
        ("val", "ferplus", "b", 7, "ferplus_val"),  # nothing is known of these yet
    ],
)
def test_figures_on_other_data_do_not_take_the_place_of_those_on_the_card_s(
    split: str, labels: str, sha256: str | None, examples: int, key: str | None, tmp_path: Path
) -> None:
    model = tmp_path / "a.keras"
    data = {"sha256": "a", "images": {"train": 80, "val": 10}}
    card = {"class_names": ["happy"], "data": data, "metrics": {"test": {"examples": 9}}}
    write_card(model, card)
    metrics = {"examples": examples, "accuracy": 0.4}
    assert record_metrics(model, split, metrics, labels=labels, data_sha256=sha256) == (key is not None)
    written = read_card(model)
    assert written is not None
    assert written["metrics"] == {"test": {"examples": 9}} | ({} if key is None else {key: metrics})


def test_a_model_without_a_card_gets_none(tmp_path: Path) -> None:
    record_metrics(tmp_path / "a.keras", "test", {"accuracy": 0.4})
    assert list(tmp_path.iterdir()) == []


def test_figures_go_into_a_card_that_names_the_classes_alone(tmp_path: Path) -> None:
    model = tmp_path / "a.keras"
    (tmp_path / "a.json").write_text('{"class_names": ["happy"]}', encoding="utf-8")
    record_metrics(model, "test", {"accuracy": 0.4})
    assert read_card(model) == {"class_names": ["happy"], "metrics": {"test": {"accuracy": 0.4}}}


def test_the_card_of_another_model_file_is_refused(tmp_path: Path) -> None:
    """Killed between the two renames: the new model lies beside the old card."""
    model = tmp_path / "a.keras"
    model.write_bytes(b"abc")
    write_card(model, {"class_names": ["happy"]})
    card = read_card(model)
    assert card is not None
    # The SHA-256 of "abc", from FIPS 180-2.
    assert card["model_sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert read_card(tmp_path / "a.onnx") == card  # where only the copy is installed, it has a hash of its own
    model.write_bytes(b"abd")
    with pytest.raises(ValueError, match=r"a\.json is the card of another model than a\.keras"):
        read_card(model)
    with pytest.raises(ValueError, match="card of another model"):
        record_metrics(model, "test", {"accuracy": 1.0})
    write_card(model, {**card, "class_names": ["sad"]})
    assert (read_card(model) or {})["class_names"] == ["sad"]
    (tmp_path / "a.json").write_text('{"class_names": ["happy"]}', encoding="utf-8")
    assert read_card(model) == {"class_names": ["happy"]}  # of an earlier version, or written by a person


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 100_000, "not valid JSON"),
        ('{"class_names": ["happy"], "x": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"class_names": ["happy"], "data": []}', r"data must be an object\. Received: \[\]"),
        ('{"class_names": ["happy"], "metrics": [1, 2]}', r"metrics must be an object\. Received: \[1, 2\]"),
        ('{"class_names": ["happy"], "stages": {}}', r"stages must be a list of objects\. Received: \{\}"),
        ('{"class_names": ["happy"], "stages": [3]}', r"stages must be a list of objects\. Received: \[3\]"),
        ('{"class_names": ["happy"], "network": 3}', r"network must be a name\. Received: 3"),
        ('{"class_names": ["happy"], "network": [' + "1," * 9999 + "1]}", r"network must be a name\..*\.\.\.$"),
    ],
)
def test_entries_of_another_kind_end_in_one_line(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=words) as raised:
        record_metrics(tmp_path / "a.keras", "test", {"accuracy": 0.4})
    assert str(raised.value).startswith(str(tmp_path / "a.json"))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500


def test_only_regular_files_of_a_card_s_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(ValueError, match=r"a\.json is not a model's card: it must be a file"):
        read_card(tmp_path / "a.keras")
    with (tmp_path / "b.json").open("wb") as file:
        file.truncate(17 * 2**20)
    with pytest.raises(ValueError, match="at most 16,777,216 bytes"):
        read_card(tmp_path / "b.keras")
