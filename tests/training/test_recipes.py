"""The recipes and what the command line makes of them."""

import re

import pytest

import TrainNetwork
from emotion_recognition.training.recipes import RECIPES, parse_stages
from emotion_recognition.training.settings import StageSettings


def stages(*options: str) -> list[StageSettings]:
    return TrainNetwork._stages(TrainNetwork.build_parser().parse_args(options))


def test_the_classic_run_has_three_stages_at_a_tenth_of_the_rate_each() -> None:
    assert [(stage.learning_rate, stage.epochs) for stage in stages()] == [(1e-3, 60), (1e-4, 20), (1e-5, 10)]
    assert {(stage.optimizer, stage.schedule, stage.patience) for stage in stages()} == {("adam", "constant", 8)}


@pytest.mark.parametrize("options", [["-epochs", "5"], ["-lr", "0.01"], ["-im", "model.keras"]])
def test_naming_rate_epochs_or_a_model_means_one_stage(options: list[str]) -> None:
    assert len(stages(*options)) == 1


def test_stages_can_be_given_for_every_recipe_also_from_a_model() -> None:
    assert [
        (s.learning_rate, s.epochs, s.batch_size) for s in stages("--stages", "0.1:3,0.01:2", "-im", "m.keras")
    ] == [
        (0.1, 3, 64),
        (0.01, 2, 64),
    ]


def test_onecycle_is_the_one_of_its_paper() -> None:
    (stage,) = stages("--recipe", "onecycle")
    assert (stage.learning_rate, stage.epochs, stage.batch_size, stage.optimizer) == (0.008, 20, 256, "adam")


@pytest.mark.parametrize("recipe", RECIPES)
def test_any_option_overrides_a_recipe(recipe: str) -> None:
    options = ["-lr", "0.02", "-epochs", "3", "--batch_size", "7", "--optimizer", "adam", "--schedule", "cosine"]
    options += [
        "--weight_decay",
        "0",
        "--label_smoothing",
        "0.3",
        "--votes_weight",
        "0.5",
        "--ema",
        "0.9",
        "--seed",
        "4",
    ]
    options += ["--balance", "weights", "--prior_power", "0"]  # which do not go together
    options += ["--augmentation", "rotation=3", "--no-clean_statistics", "--patience", "none"]
    (stage,) = stages("--recipe", recipe, *options)
    received = [stage.learning_rate, stage.epochs, stage.batch_size, stage.optimizer, stage.schedule]
    assert received == [0.02, 3, 7, "adam", "cosine"]
    assert [stage.weight_decay, stage.label_smoothing, stage.votes_weight, stage.ema, stage.seed] == [
        0,
        0.3,
        0.5,
        0.9,
        4,
    ]
    assert [stage.balance, stage.prior_power, stage.clean_statistics, stage.patience] == ["weights", 0, False, None]
    assert stage.augmentation is not None
    assert stage.augmentation.rotation == 3
    base = RECIPES[recipe]().augmentation
    assert base is not None
    assert stage.augmentation.zoom == base.zoom


def test_augmentation_can_be_left_out() -> None:
    assert stages("--augmentation", "none", "-epochs", "1")[0].augmentation is None


@pytest.mark.parametrize("text", ["", "1e-3", "1e-3:x", "fast:3", "1e-3:2,,"])
def test_stages_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"rate:epochs pairs.* Received: {re.escape(text)}$"):
        parse_stages(text)


def test_stages_and_a_rate_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="leave out -lr and -epochs"):
        stages("--stages", "1e-3:2", "-epochs", "3")


@pytest.mark.parametrize("text", ["turn=3", "rotation", "rotation=x", "rotation=nan", "flip=2"])
def test_an_augmentation_that_is_not_there_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(ValueError, match=rf"none or flip=NUMBER, rotation=NUMBER.* Received: {text}$"):
        stages("--augmentation", text)
