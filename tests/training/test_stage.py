"""One stage of training, on a network of a few hundred weights."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.augmentation import Augmentation
from emotion_recognition.data.hdf5 import Split
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.stage import StageResult, fit_stage, next_learning_rate

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


def fit(folder: Path, network: keras.Model, settings: StageSettings = SETTINGS, **options: Any) -> StageResult:
    return fit_stage(
        network,
        split("train"),
        split("val"),
        settings,
        log_path=folder / "log.csv",
        resume_path=folder / "run.resume.h5",
        verbose=0,
        **options,
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
    assert resumed.best_epoch == whole.best_epoch
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
    assert result.best_epoch == int(np.argmin(losses)) + 1
    val = split("val")
    loss, _ = network.evaluate(val.images, val.labels, verbose=0)
    assert loss == pytest.approx(min(losses), rel=1e-3)


def test_it_learns_what_can_be_learned(tmp_path: Path) -> None:
    result = fit(
        tmp_path, tiny_network(), StageSettings(epochs=25, batch_size=8, learning_rate=0.01, augmentation=None)
    )
    assert result.best_row["val_accuracy"] > 0.9


def test_the_log_has_a_row_for_every_epoch_with_its_rate(tmp_path: Path) -> None:
    fit(tmp_path, tiny_network())
    header, *rows = (tmp_path / "log.csv").read_text().splitlines()
    assert header == "epoch,learning_rate,loss,accuracy,val_loss,val_accuracy,seconds"
    assert [row.split(",")[0] for row in rows] == ["1", "2", "3", "4"]
    assert {row.split(",")[1] for row in rows} == {"0.01"}


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_the_next_stage_has_a_tenth_of_the_rate_in_the_file(tmp_path: Path, suffix: str) -> None:
    network = tiny_network()
    fit(tmp_path, network)
    save_network(network, tmp_path / f"model{suffix}")
    assert next_learning_rate(load_network(tmp_path / f"model{suffix}")) == (0.01, 0.001)


def test_a_model_without_one_rate_asks_for_one() -> None:
    network = tiny_network()
    with pytest.raises(ValueError, match=r"without its optimizer.*give -lr"):
        next_learning_rate(network)
    network.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 100)), "mse")
    with pytest.raises(ValueError, match=r"schedule.*give -lr"):
        next_learning_rate(network)


def test_an_unfinished_run_is_not_thrown_away(tmp_path: Path) -> None:
    interrupt(tmp_path)
    before = (tmp_path / "run.resume.h5").read_bytes()
    with pytest.raises(FileExistsError, match=r"run\.resume\.h5; go on with --resume, or delete"):
        fit(tmp_path, tiny_network())
    assert (tmp_path / "run.resume.h5").read_bytes() == before


def test_a_run_with_other_settings_is_not_resumed(tmp_path: Path) -> None:
    interrupt(tmp_path)
    other = StageSettings(epochs=4, patience=3, batch_size=5, seed=3, learning_rate=0.01)
    with pytest.raises(ValueError, match=r"another batch_size: 8\. Received: 5"):
        fit(tmp_path, tiny_network(), other, resume=True)


def test_a_save_that_fails_loses_no_training(tmp_path: Path) -> None:
    def fail(result: StageResult) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fit(tmp_path, tiny_network(), save=fail)
    saved: list[StageResult] = []
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
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .* Received: {value}"):
        StageSettings(**{name: value})
