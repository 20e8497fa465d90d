"""A model that was trained on another build of the same source is named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.evaluation.trained_on import notes_on_builds
from emotion_recognition.models.card import write_card

SPLIT = Split(
    images=np.zeros((2, 8, 8, 1), np.uint8),
    labels=np.zeros(2, np.uint8),
    class_names=("happy", "sad"),
    split="test",
    source_name="photos",
    source_sha256="a" * 64,
    build_id="1" * 64,
)


def card(folder: Path, **data: Any) -> Path:
    path = folder / "model.keras"
    write_card(path, {"class_names": ["happy", "sad"], "data": data})
    return path


def test_another_build_of_the_same_source_is_said(tmp_path: Path) -> None:
    model = card(tmp_path, sha256="a" * 64, build="2" * 64)
    assert notes_on_builds([model], SPLIT) == (
        "model.keras was trained on another build of photos than this test split is of; if that one divided the images "
        "otherwise, some of these were trained on.",
    )


def test_a_build_that_the_model_before_was_trained_on_is_said_too(tmp_path: Path) -> None:
    earlier = [{"sha256": "b" * 64, "build": "3" * 64}, {"sha256": "a" * 64, "build": "2" * 64}]
    (note,) = notes_on_builds([card(tmp_path, sha256="a" * 64, build="1" * 64, earlier_builds=earlier)], SPLIT)
    assert note.startswith("model.keras was trained on another build of photos")


@pytest.mark.parametrize(
    "data",
    [
        {"sha256": "a" * 64, "build": "1" * 64, "earlier_builds": [{"sha256": "b" * 64, "build": "2" * 64}]},
        {"sha256": "a" * 64, "build": "1" * 64},  # the same build
        {"sha256": "b" * 64, "build": "2" * 64},  # other images
        {"sha256": "a" * 64},  # of an earlier version
        {},
    ],
)
def test_nothing_is_said_of_the_same_build_other_sources_and_models_that_do_not_say(
    tmp_path: Path, data: dict[str, Any]
) -> None:
    assert notes_on_builds([card(tmp_path, **data)], SPLIT) == ()


def test_nothing_is_said_without_a_card_or_of_earlier_splits(tmp_path: Path) -> None:
    assert notes_on_builds([tmp_path / "missing.keras"], SPLIT) == ()
    model = card(tmp_path, sha256="a" * 64, build="2" * 64)
    assert notes_on_builds([model], replace(SPLIT, build_id="")) == ()
