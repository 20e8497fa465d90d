"""One stage of training, on a network of a few hundred weights."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.data.batches.targets import one_hot
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.resumable_fit import StageResult
from emotion_recognition.training.resume_point import read_resume_point
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.stage import next_learning_rate
from emotion_recognition.training.stages import RunResult, fit_stages
from emotion_recognition.training.start import Start
from tests.conftest import edited_hdf5

SETTINGS = StageSettings(epochs=4, patience=3, batch_size=8, seed=3, learning_rate=0.01, augmentation=Augmentation())


def tiny_network() -> keras.Model:
    keras.utils.set_random_seed(1)
    pixels = keras.Input((8, 8, 1))
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(4, 3)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    return keras.Model(pixels, layers.Dense(3, activation="softmax")(x))


def split(name: str, count: int = 30) -> Split:
    """Images whose brightest third of rows is their class, so that there is something to learn."""
    rng = np.random.default_rng(len(name))
    labels = (np.arange(count) % 3).astype(np.uint8)
    images = rng.integers(0, 120, (count, 8, 8, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label * 3 : label * 3 + 2] += 100
    return Split(images, labels, ("top", "middle", "bottom"), name, "made.csv", "0" * 64)


def fit(
    folder: Path,
    network: keras.Model,
    settings: StageSettings | Sequence[StageSettings] = SETTINGS,
    *,
    train: Split | None = None,
    save: Callable[[RunResult], None] | None = None,
    finish: Callable[[RunResult], None] | None = None,
    **options: Any,
) -> RunResult:
    """A run in a folder, of one stage unless there are more settings."""
    stages = [settings] if isinstance(settings, StageSettings) else list(settings)
    return fit_stages(
        Start(network, "tiny", stages[0].learning_rate, "a tiny network"),
        split("train") if train is None else train,
        split("val"),
        stages,
        TrainingRun(folder / "log.csv", folder / "run.resume.h5", **{"verbose": 0, **options}),
        save=save,
        finish=finish,
    )


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


class KillAt(keras.callbacks.Callback):
    """Ends the process the hard way, in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch
        self.now = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.now = epoch == self.epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.now and batch == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}\n"
        "from pathlib import Path; import test_stage as t\n"
        f"t.fit(Path({str(tmp_path)!r}), t.tiny_network(), callbacks=[t.KillAt(2)])"
    )
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 2

    resumed_network = tiny_network()
    resumed = fit(tmp_path, resumed_network, resume=True)

    (tmp_path / "whole").mkdir()
    whole_network = tiny_network()
    whole = fit(tmp_path / "whole", whole_network)
    assert len(resumed.rows) == 4
    assert resumed.best_row == whole.best_row
    for row, expected in zip(without_time(resumed.rows), without_time(whole.rows), strict=True):
        assert row == pytest.approx(expected, rel=1e-4)
    for received, weights in zip(resumed_network.get_weights(), whole_network.get_weights(), strict=True):
        np.testing.assert_allclose(received, weights, rtol=1e-3, atol=1e-5)
    assert not (tmp_path / "run.resume.h5").exists()


def interrupt(folder: Path, settings: StageSettings = SETTINGS, epoch: int = 1) -> None:
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch_now: int, logs: Any = None) -> None:
            if epoch_now == epoch:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(folder, tiny_network(), settings, callbacks=[Interrupt()])


def test_several_steps_at_a_time_learn_what_one_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, several = tiny_network(), tiny_network()
    ends: list[int] = []
    counting = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(batch))
    rows = fit(tmp_path, one).rows
    others = fit(tmp_path / "several", several, steps_per_execution=3, callbacks=[counting]).rows
    assert len(ends) == 2 * SETTINGS.epochs  # four batches an epoch
    assert without_time(rows) == [pytest.approx(row) for row in without_time(others)]
    for weights, same in zip(one.get_weights(), several.get_weights(), strict=True):
        np.testing.assert_allclose(weights, same, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match=r"steps_per_execution must be at least 1\. Received: 0"):
        fit(tmp_path / "none", several, steps_per_execution=0)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ValueError, match=r"steps_per_execution must be 1 with the torch backend\. Received: 2"):
        fit(tmp_path / "torch", several, steps_per_execution=2)


def test_a_run_interrupted_after_early_stopping_had_decided_only_restores_the_best_weights(tmp_path: Path) -> None:
    # At this rate the loss rises after the first epochs; patience 1 stops at the first rise.
    settings = StageSettings(epochs=30, patience=1, batch_size=8, seed=3, learning_rate=0.5, augmentation=None)
    (tmp_path / "whole").mkdir()
    whole_network = tiny_network()
    whole = fit(tmp_path / "whole", whole_network, settings)
    assert len(whole.rows) < 30

    class InterruptAtEnd(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == len(whole.rows) - 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, tiny_network(), settings, callbacks=[InterruptAtEnd()])
    resumed_network = tiny_network()
    resumed = fit(tmp_path, resumed_network, settings, resume=True)
    assert without_time(resumed.rows) == [pytest.approx(row, rel=1e-4) for row in without_time(whole.rows)]
    for received, weights in zip(resumed_network.get_weights(), whole_network.get_weights(), strict=True):
        np.testing.assert_allclose(received, weights, rtol=1e-3, atol=1e-5)


def test_the_network_ends_with_the_weights_of_its_best_epoch(tmp_path: Path) -> None:
    network = tiny_network()
    result = fit(tmp_path, network, StageSettings(epochs=6, patience=2, batch_size=8, learning_rate=0.3, seed=0))
    losses = [row["val_loss"] for row in result.rows]
    assert result.best_row == int(np.argmin(losses))
    val = split("val")
    loss, _ = network.evaluate(val.images, one_hot(val.labels, 3), verbose=0)
    assert loss == pytest.approx(min(losses), rel=1e-3)


def test_it_learns_what_can_be_learned(tmp_path: Path) -> None:
    result = fit(
        tmp_path, tiny_network(), StageSettings(epochs=25, batch_size=8, learning_rate=0.01, augmentation=None)
    )
    assert result.rows[result.best_row]["val_accuracy"] > 0.9


def test_the_log_has_a_row_for_every_epoch_with_its_rate(tmp_path: Path) -> None:
    fit(tmp_path, tiny_network())
    header, *rows = (tmp_path / "log.csv").read_text().splitlines()
    assert header == "stage,epoch,learning_rate,loss,accuracy,val_loss,val_accuracy,seconds"
    assert [row.split(",")[1] for row in rows] == ["1", "2", "3", "4"]
    assert {row.split(",")[2] for row in rows} == {"0.01"}


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_the_next_stage_has_a_tenth_of_the_rate_in_the_file(tmp_path: Path, suffix: str) -> None:
    network = tiny_network()
    fit(tmp_path, network)
    save_network(network, tmp_path / f"model{suffix}")
    assert next_learning_rate(load_network(tmp_path / f"model{suffix}", compiled=True), "adam") == (0.01, 0.001)


def test_a_model_without_one_rate_asks_for_one() -> None:
    network = tiny_network()
    with pytest.raises(ValueError, match=r"without its optimizer.*learning rate is unknown; give one$"):
        next_learning_rate(network, "adam")
    network.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 100)), "mse")
    with pytest.raises(ValueError, match=r"schedule.*give one$"):
        next_learning_rate(network, "adam")


def test_a_rate_of_another_optimizer_is_not_compared() -> None:
    network = tiny_network()
    network.compile(keras.optimizers.SGD(0.1), "mse")
    with pytest.raises(ValueError, match=r"trained with SGD.*adam's; give one, or the same optimizer$"):
        next_learning_rate(network, "adam")


def test_an_unfinished_run_is_not_thrown_away(tmp_path: Path) -> None:
    interrupt(tmp_path)
    before = (tmp_path / "run.resume.h5").read_bytes()
    with pytest.raises(FileExistsError, match=r"run\.resume\.h5; resume it, or delete"):
        fit(tmp_path, tiny_network())
    assert (tmp_path / "run.resume.h5").read_bytes() == before


def test_a_run_with_other_settings_is_not_resumed(tmp_path: Path) -> None:
    interrupt(tmp_path)
    other = StageSettings(epochs=4, patience=3, batch_size=5, seed=3, learning_rate=0.01)
    with pytest.raises(ValueError, match=r"another batch_size: 8\. Received: 5"):
        fit(tmp_path, tiny_network(), other, resume=True)


def test_a_save_that_fails_loses_no_training(tmp_path: Path) -> None:
    def fail(run: RunResult) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fit(tmp_path, tiny_network(), save=fail)
    saved: list[RunResult] = []
    fit(tmp_path, tiny_network(), resume=True, save=saved.append)
    assert len(saved[0].rows) == SETTINGS.epochs
    assert not (tmp_path / "run.resume.h5").exists()


def test_a_resumed_run_may_be_made_longer_or_shorter(tmp_path: Path) -> None:
    for epochs, expected in ((6, 6), (1, 2)):
        interrupt(tmp_path, epoch=2)
        result = fit(tmp_path, tiny_network(), replace(SETTINGS, epochs=epochs), resume=True)
        assert [row["epoch"] for row in result.rows] == list(range(1, expected + 1))


def test_resuming_needs_an_unfinished_run_that_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing to resume"):
        fit(tmp_path, tiny_network(), resume=True)
    (tmp_path / "run.resume.h5").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match=r"run\.resume\.h5 is not a resume point"):
        fit(tmp_path, tiny_network(), resume=True)


STAGES = [replace(SETTINGS, epochs=2), replace(SETTINGS, epochs=3, learning_rate=0.001)]


def test_stages_follow_each_other_in_one_run_and_one_log(tmp_path: Path) -> None:
    saved: list[RunResult] = []
    run = fit(tmp_path, tiny_network(), STAGES, save=saved.append)
    assert [(row["stage"], row["epoch"]) for row in run.rows] == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)]
    assert [row["learning_rate"] for row in run.rows] == [0.01] * 2 + [0.001] * 3
    assert [entry["input_model"] for entry in run.entries] == [None, "the stage before"]
    assert [len(each.entries) for each in saved] == [1, 2]
    assert run.best_row in (2, 3, 4)
    assert without_time(read_log(tmp_path / "log.csv")) == [pytest.approx(row) for row in without_time(run.rows)]


@pytest.mark.parametrize("epochs_before", [1, 2, 3])
def test_a_run_of_stages_goes_on_in_the_stage_where_it_was_interrupted(tmp_path: Path, epochs_before: int) -> None:
    (tmp_path / "whole").mkdir()
    whole_network = tiny_network()
    whole = fit(tmp_path / "whole", whole_network, STAGES)

    class Interrupt(keras.callbacks.Callback):
        begun = 0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if self.begun == epochs_before:
                raise KeyboardInterrupt
            self.begun += 1

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, tiny_network(), STAGES, callbacks=[Interrupt()])
    resumed_network = tiny_network()
    resumed = fit(tmp_path, resumed_network, STAGES, resume=True)
    assert without_time(resumed.rows) == [pytest.approx(row, rel=1e-4) for row in without_time(whole.rows)]
    assert [entry["best_epoch"] for entry in resumed.entries] == [entry["best_epoch"] for entry in whole.entries]
    for received, weights in zip(resumed_network.get_weights(), whole_network.get_weights(), strict=True):
        np.testing.assert_allclose(received, weights, rtol=1e-3, atol=1e-5)


def test_stages_of_another_kind_are_fitted_by_their_own_function(tmp_path: Path) -> None:
    """The stages' kind, their data and what fits them belong together; the run only hands them on."""

    @dataclass(frozen=True)
    class Steps:
        learning_rate: float
        kind: str = "steps"

    def fit_steps(network: str, train: list[int], val: int, settings: Steps, run: TrainingRun) -> StageResult:
        assert (network, val, run.resume) == ("a network", 7, False)
        assert not run.resume_path.exists()
        stage = len(run.history["entries"]) + 1
        rows = [{"stage": stage, "epoch": i + 1, "val_loss": value, "seconds": 1.0} for i, value in enumerate(train)]
        return StageResult(rows, best_epoch=int(np.argmin(train)) + 1)

    earlier = {"stage": 1, "epoch": 1, "val_loss": 9.0, "seconds": 1.0}
    run = fit_stages(
        Start("a network", "made", 0.1, "", "before.keras", stages=[{"learning_rate": 1.0}], rows=[earlier]),
        [3, 1, 2],
        7,
        [Steps(0.1), Steps(0.01)],
        TrainingRun(tmp_path / "log.csv", tmp_path / "run.resume.h5"),
        fit=fit_steps,
    )
    assert [(row["stage"], row["epoch"]) for row in run.rows] == [(1, 1), *((s, e) for s in (2, 3) for e in (1, 2, 3))]
    assert run.rows[run.best_row] == {"stage": 3, "epoch": 2, "val_loss": 1, "seconds": 1.0}
    common = {"kind": "steps", "new_head": False, "epochs_run": 3, "best_epoch": 2, "val_loss": 1, "seconds": 3.0}
    assert run.entries == [
        {"learning_rate": 1.0},
        {"learning_rate": 0.1, "input_model": "before.keras", **common},
        {"learning_rate": 0.01, "input_model": "the stage before", **common},
    ]


def test_a_run_is_not_resumed_with_fewer_stages_than_it_has_done(tmp_path: Path) -> None:
    class InterruptInSecond(keras.callbacks.Callback):
        begun = 0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.begun += 1
            if self.begun == 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, tiny_network(), STAGES, callbacks=[InterruptInSecond()])
    with pytest.raises(ValueError, match=r"is in stage 2\. Received: 1 stages"):
        fit(tmp_path, tiny_network(), STAGES[:1], resume=True)


SCHEDULED = replace(SETTINGS, schedule="cosine", patience=None, optimizer="sgd", learning_rate=0.05, epochs=3)


def test_a_schedule_keeps_the_last_epoch_and_leaves_its_highest_rate_in_the_file(tmp_path: Path) -> None:
    network = tiny_network()
    run = fit(tmp_path, network, SCHEDULED)
    assert run.best_row == 2
    assert run.rows[-1]["learning_rate"] == pytest.approx(0, abs=1e-6)
    save_network(network, tmp_path / "model.keras")
    assert next_learning_rate(load_network(tmp_path / "model.keras", compiled=True), "sgd") == (0.05, 0.005)


def test_a_scheduled_run_is_not_resumed_with_another_length(tmp_path: Path) -> None:
    interrupt(tmp_path, SCHEDULED)
    with pytest.raises(ValueError, match=r"another epochs: 3\. Received: 5"):
        fit(tmp_path, tiny_network(), replace(SCHEDULED, epochs=5), resume=True)


def test_an_interrupted_scheduled_run_with_averages_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    settings = replace(SCHEDULED, ema=0.9, clean_statistics=True, weight_decay=1e-3)
    (tmp_path / "whole").mkdir()
    whole_network, resumed_network = tiny_network(), tiny_network()
    fit(tmp_path / "whole", whole_network, settings)
    interrupt(tmp_path, settings, epoch=2)
    fit(tmp_path, resumed_network, settings, resume=True)
    for received, weights in zip(resumed_network.get_weights(), whole_network.get_weights(), strict=True):
        np.testing.assert_allclose(received, weights, rtol=1e-3, atol=1e-5)


def test_the_average_of_the_weights_is_kept(tmp_path: Path) -> None:
    """After two steps with momentum m: m times the weights after the first, (1 - m) times those after the second."""
    settings = StageSettings(
        optimizer="sgd", learning_rate=0.1, batch_size=30, epochs=1, patience=None, augmentation=None
    )
    weights = {}
    for name, changes in (("first", {}), ("second", {"epochs": 2}), ("mean", {"epochs": 2, "ema": 0.75})):
        (tmp_path / name).mkdir()
        pixels = keras.Input((8, 8, 1))
        x = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
        network = keras.Model(pixels, layers.Dense(3, activation="softmax", kernel_initializer="zeros")(x))
        fit(tmp_path / name, network, replace(settings, **changes))  # type: ignore[arg-type]
        weights[name] = network.get_weights()
    for mean, first, second in zip(weights["mean"], weights["first"], weights["second"], strict=True):
        assert np.abs(second - first).max() > 1e-4
        np.testing.assert_allclose(mean, 0.75 * first + 0.25 * second, rtol=1e-3, atol=1e-6)


def test_early_stopping_does_not_go_with_a_schedule_or_an_average() -> None:
    for options in ({"schedule": "onecycle"}, {"ema": 0.9}):
        with pytest.raises(ValueError, match="patience must be none"):
            StageSettings(patience=3, **options)  # type: ignore[arg-type]


def test_rare_classes_weigh_more_or_are_drawn_more_often(tmp_path: Path) -> None:
    """29 images of one class and one of another: only balanced training gets the rare one right."""
    whole = split("train")
    rows = np.concatenate([np.flatnonzero(whole.labels == 0), np.flatnonzero(whole.labels == 0)[:9]])
    rare = np.flatnonzero(whole.labels == 2)[:1]
    images = np.concatenate([whole.images[rows], whole.images[rare]])
    labels = np.concatenate([whole.labels[rows], whole.labels[rare]])
    train = Split(images, labels, whole.class_names, "train", "made.csv", "0" * 64)
    recalls = {}
    for balance in ("none", "weights", "sampling"):
        (tmp_path / balance).mkdir()
        pixels = keras.Input((8, 8, 1))
        x = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
        network = keras.Model(pixels, layers.Dense(3, activation="softmax", kernel_initializer="zeros")(x))
        settings = StageSettings(epochs=6, batch_size=8, learning_rate=0.01, augmentation=None, balance=balance)
        fit(tmp_path / balance, network, replace(settings, patience=None), train=train)
        val = split("val")
        recalls[balance] = float((network.predict(val.images, verbose=0).argmax(1)[val.labels == 2] == 2).mean())
    assert recalls["none"] < min(recalls["weights"], recalls["sampling"])


def test_the_votes_are_learned_beside_the_labels_and_left_out_of_the_model(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    pixels = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
    x = layers.Dense(8, activation="relu", name="shared")(x)
    x = layers.Dense(3, name="logits")(x)
    network = keras.Model(pixels, layers.Softmax()(x))
    untouched = network.get_layer("shared").get_weights()[0]
    plain = split("train")
    votes = np.zeros((30, 10), np.uint8)
    votes[:, 1] = 10
    train = replace(plain, votes=votes, votes_sha256="1" * 64)
    fit(tmp_path, network, replace(SETTINGS, votes_weight=1.0, epochs=1), train=train)
    assert network.output_shape == (None, 3)
    assert not np.array_equal(network.get_layer("shared").get_weights()[0], untouched)
    with pytest.raises(ValueError, match=r"train split has no votes, "):
        fit(tmp_path, network, replace(SETTINGS, votes_weight=1.0))


def test_votes_need_a_network_of_the_project(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no layer 'logits'"):
        fit(tmp_path, tiny_network(), replace(SETTINGS, votes_weight=1.0))


def test_diverging_training_ends_in_one_line_that_names_the_rate(tmp_path: Path) -> None:
    pixels = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Rescaling(float("inf"))(pixels))
    network = keras.Model(pixels, layers.Dense(3, activation="softmax")(x))
    with pytest.raises(ValueError, match=r"diverged.*0\.01"):
        fit(tmp_path, network)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("epochs", 0),
        ("patience", 0),
        ("batch_size", 0),
        ("seed", -1),
        ("weight_decay", -0.1),
        ("label_smoothing", 1.0),
        ("ema", 1.0),
        ("votes_weight", -1.0),
        ("optimizer", "rmsprop"),
        ("schedule", "steps"),
        ("balance", "more"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: float | str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .* Received: '?{value}"):
        StageSettings(**{name: value})


def test_a_run_that_was_stopped_before_a_setting_got_its_name_goes_on(tmp_path: Path) -> None:
    """The weight of the votes was called "votes"."""
    interrupt(tmp_path)
    with edited_hdf5(tmp_path / "run.resume.h5") as file:
        state = json.loads(file.attrs["state"])
        state["settings"]["votes"] = state["settings"].pop("votes_weight")
        file.attrs["state"] = json.dumps(state)
    with pytest.raises(ValueError, match=r"another votes_weight: 0\.0\. Received: 2\.0$"):
        read_resume_point(tmp_path / "run.resume.h5", {"votes_weight": 2.0})
    assert [row["epoch"] for row in fit(tmp_path, tiny_network(), resume=True).rows] == [1, 2, 3, 4]


def test_a_run_does_not_go_on_with_other_images(tmp_path: Path) -> None:
    interrupt(tmp_path)
    train = split("train")
    other = replace(train, images=np.ascontiguousarray(train.images[::-1]))
    with pytest.raises(ValueError, match="another build of the data set: its train split has other content"):
        fit(tmp_path, tiny_network(), train=other, resume=True)
    assert len(fit(tmp_path, tiny_network(), resume=True).rows) == 4


def test_a_run_of_an_earlier_version_goes_on_without_knowing_its_images(tmp_path: Path) -> None:
    interrupt(tmp_path)
    with edited_hdf5(tmp_path / "run.resume.h5") as file:
        state = json.loads(file.attrs["state"])
        del state["settings"]["train_content"], state["settings"]["val_content"]
        file.attrs["state"] = json.dumps(state)
    assert len(fit(tmp_path, tiny_network(), resume=True).rows) == 4


@pytest.mark.parametrize(
    "state",
    [
        "[" * 100_000,
        "[]",
        '{"settings": [], "rows": [], "counted": {}, "history": {}}',
        '{"settings": {}, "rows": 3, "counted": {}, "history": {}}',
        '{"settings": {}, "rows": [3], "counted": {}, "history": {}}',
        '{"settings": {}, "rows": [], "counted": {}, "history": {"position": "1"}}',
    ],
)
def test_a_damaged_state_ends_in_one_line(tmp_path: Path, state: str) -> None:
    interrupt(tmp_path)
    with edited_hdf5(tmp_path / "run.resume.h5") as file:
        del file.attrs["state"]
        file.attrs["state"] = state[:60_000]
    with pytest.raises(ValueError, match=r"run\.resume\.h5 is not a resume point, or is damaged"):
        fit(tmp_path, tiny_network(), resume=True)


def test_the_state_of_another_network_is_refused_before_anything_changes(tmp_path: Path) -> None:
    interrupt(tmp_path)
    pixels = keras.Input((8, 8, 1))
    network = keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.Flatten()(pixels)))
    before = network.get_weights()
    with pytest.raises(ValueError, match="of a network with other weights"):
        fit(tmp_path, network, resume=True)
    for now, then in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_the_state_of_a_run_is_deleted_after_all_that_is_made_of_the_model(tmp_path: Path) -> None:
    def killed(run: RunResult) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, tiny_network(), finish=killed)
    finished: list[int] = []
    fit(tmp_path, tiny_network(), resume=True, finish=lambda run: finished.append(len(run.rows)))
    assert finished == [4]
    assert not (tmp_path / "run.resume.h5").exists()


@pytest.mark.parametrize("clean", [True, False])
def test_the_statistics_are_cleaned_where_the_settings_say_so(tmp_path: Path, clean: bool) -> None:
    pixels = keras.Input((8, 8, 1))
    x = layers.BatchNormalization(name="first")(pixels)
    network = keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
    run = fit(tmp_path, network, StageSettings(epochs=1, patience=None, batch_size=8, clean_statistics=clean))
    # After one epoch the moving ones are hardly those of any image, so clean ones are better on val.
    assert run.entries[0].get("statistics") == ("clean" if clean else None)
    images = split("train").images.astype(np.float64)
    mean, variance = network.get_layer("first").get_weights()[2:]
    assert (mean == pytest.approx([images.mean()], rel=1e-4)) == clean
    assert (variance == pytest.approx([images.var()], rel=1e-3)) == clean
