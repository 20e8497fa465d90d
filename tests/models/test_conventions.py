"""What a model expects and gives: the caller's word, its card's, or an assumption that is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from emotion_recognition.emotions import FER2013_EMOTIONS, SIX_EMOTIONS
from emotion_recognition.models.conventions import Conventions, read_conventions
from emotion_recognition.models.model_options import ModelOptions


def model(folder: Path, card: dict[str, Any] | None) -> Path:
    if card is not None:
        (folder / "a.json").write_text(json.dumps(card), encoding="utf-8")
    return folder / "a.keras"


FULL = {
    "class_names": ["x", "y"],
    "input": {"pixels": "-1..1", "interpolation": "linear", "colour": "BGR"},
    "output": "sigmoid",
    "calibration": {"temperature": 1.3},
}


def test_a_card_that_says_all_leaves_nothing_to_assume(tmp_path: Path) -> None:
    assert read_conventions(model(tmp_path, FULL), 2) == Conventions(
        ("x", "y"), "-1..1", "linear", "sigmoid", "BGR", 1.3
    )


def test_the_caller_s_word_counts_more_than_the_card_s_but_for_the_names(tmp_path: Path) -> None:
    options = ModelOptions(("a", "b"), pixel_range="0..1", interpolation="area", output="logits")
    received = read_conventions(model(tmp_path, FULL), 2, options)
    assert received == Conventions(("x", "y"), "0..1", "area", "logits", "BGR", 1.3)


def test_a_minimal_card_leaves_the_pixel_range_to_an_assumption(tmp_path: Path) -> None:
    received = read_conventions(model(tmp_path, {"class_names": ["x", "y"]}), 2)
    assert received == Conventions(("x", "y"), assumed=("a.keras does not say its pixel range; 0..255 is assumed.",))


def test_without_a_card_the_number_of_outputs_says_the_emotions(tmp_path: Path) -> None:
    path = model(tmp_path, None)
    for names in (SIX_EMOTIONS, FER2013_EMOTIONS):
        received = read_conventions(path, len(names))
        assert received.class_names == names
        assert received.assumed[0] == f"a.keras has no card; its outputs are taken for {', '.join(names)}."
    with pytest.raises(ValueError, match=r"a\.keras has 8 outputs and no card .*so name the classes"):
        read_conventions(path, 8)
    assert read_conventions(path, 3, ModelOptions(("x", "y", "z"), "0..1")).assumed == ()


def test_names_that_an_export_has_assumed_stay_an_assumption(tmp_path: Path) -> None:
    names = list(SIX_EMOTIONS)
    path = model(tmp_path, {"class_names": names, "class_names_assumed": True, "input": {"pixels": "0..1"}})
    received = read_conventions(path, 6)
    assert received.class_names == SIX_EMOTIONS
    assert received.assumed == (
        f"a.keras has no card that names its classes; its outputs are taken for {', '.join(names)}.",
    )
    assert read_conventions(path, 6, ModelOptions(tuple("uvwxyz"))).class_names == tuple("uvwxyz")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"input": {"pixels": "0..2"}}, r"a\.json: pixels must be one of .*Received: '0..2'"),
        ({"input": {"interpolation": "nearest"}}, r"a\.json: interpolation must be one of"),
        ({"input": {"colour": "HSV"}}, r"a\.json: colour must be one of"),
        ({"input": "grey"}, r"a\.json: input must be an object. Received: 'grey'"),
        ({"output": "tanh"}, r"a\.json: output must be one of"),
        ({"output": ["logits"]}, r"a\.json: output must be one of"),
        ({"calibration": {"temperature": 0}}, r"a\.json: .*temperature above 0"),
    ],
)
def test_a_card_s_mistake_is_named(tmp_path: Path, entries: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_conventions(model(tmp_path, {"class_names": ["x", "y"], **entries}), 2)


@pytest.mark.parametrize("wrong", [{"pixel_range": "0..2"}, {"interpolation": "nearest"}, {"output": "tanh"}])
def test_options_out_of_range_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(wrong))} must be one of .*Received: "):
        ModelOptions(**wrong)
