import json
from dataclasses import replace
from typing import Any

import pytest

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.training.face_ssd.matching import MatchingSettings
from emotion_recognition.training.face_ssd.settings import FaceStageSettings
from emotion_recognition.training.resumable_fit import StageResult
from emotion_recognition.training.run_card import stage_entry


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("learning_rate", 0.0, "above 0 and below 10"),
        ("learning_rate", 10.0, "above 0 and below 10"),
        ("learning_rate", float("nan"), "above 0"),
        ("epochs", 0, "at least 1"),
        ("patience", 0, "at least 1"),
        ("batch_size", 0, "at least 1"),
        ("seed", -1, "at least 0"),
        ("weight_decay", -0.1, "at least 0 and below 1"),
        ("weight_decay", 1.0, "at least 0 and below 1"),
        ("ema", 1.0, "at least 0 and below 1"),
        ("ema", float("nan"), "at least 0 and below 1"),
        ("alpha", -0.1, "0..1"),
        ("alpha", 1.1, "0..1"),
        ("gamma", 0.5, "at least 1"),
        ("gamma", float("nan"), "at least 1"),
        ("box_weight", -1.0, "at least 0"),
        ("box_weight", float("inf"), "at least 0"),
        ("optimizer", "rmsprop", "one of"),
        ("schedule", "steps", "one of"),
        ("size", 0, "a multiple of 64"),
        ("size", -64, "a multiple of 64"),
        ("size", 300, "a multiple of 64"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: Any, rule: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be {rule}.* Received: '?{value}"):
        FaceStageSettings(**{name: value})


@pytest.mark.parametrize("changes", [{}, {"schedule": "onecycle"}, {"schedule": "constant", "ema": 0.9}])
def test_early_stopping_does_not_go_with_a_schedule_or_an_average(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^patience must be none .* Received: 3 with (cosine|onecycle|constant), ema"):
        FaceStageSettings(patience=3, **changes)


@pytest.mark.parametrize(
    "changes", [{"schedule": "constant", "patience": 3}, {"gamma": 1.0, "alpha": 1.0, "box_weight": 0.0, "size": 64}]
)
def test_settings_at_the_edge_are_taken(changes: dict[str, Any]) -> None:
    settings = replace(FaceStageSettings(), **changes)
    assert {name: getattr(settings, name) for name in changes} == changes


@pytest.mark.parametrize("augmentation", [None, FaceAugmentation(mosaic=0.25, flip=False)])
def test_the_card_has_what_makes_the_stage_again(augmentation: FaceAugmentation | None) -> None:
    settings = FaceStageSettings(
        learning_rate=3e-4, epochs=7, size=128, matching=MatchingSettings(at_least=2), augmentation=augmentation
    )
    rows = [{"val_loss": 2.0, "seconds": 1.0}, {"val_loss": 1.0, "seconds": 2.25}]
    entry = stage_entry(settings, StageResult(rows, 2), input_model=None, new_head=False)
    stored = json.loads(json.dumps(entry))
    result = {"best_epoch": 2, "epochs_run": 2, "val_loss": 1.0, "seconds": 3.2, "input_model": None, "new_head": False}
    assert {name: stored.pop(name) for name in result} == result
    stored["matching"] = MatchingSettings(**stored["matching"])
    if augmentation is not None:
        stored["augmentation"] = FaceAugmentation(**stored["augmentation"])
    assert FaceStageSettings(**stored) == settings
