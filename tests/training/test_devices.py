"""Training on several virtual devices, whose number a backend is given as it starts, learns what one device learns."""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import TrainNetwork
from emotion_recognition.command_line.training_options import enter_devices
from emotion_recognition.error_about import names_of
from emotion_recognition.training import devices
from emotion_recognition.training.devices import DividedBatches, Machines, on_devices
from emotion_recognition.training.settings import FitSettings
from tests.training.test_backends import QUICK_COMPILATION

# 52 images in batches of 16 leave 4 for the last one; 50 validation images cannot be split over 4 devices.
SCRIPT = """
import json, sys
from dataclasses import replace
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[2])
count, is_random = int(sys.argv[3]), bool(int(sys.argv[4]))
if not is_random:
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    # Synchronized statistics wait for each other: each device needs a thread.
    tf.config.threading.set_inter_op_parallelism_threads(16)
import keras, numpy as np
import test_stage as t
from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.training.devices import join_machines, on_devices

joined = join_machines()
folder = Path(sys.argv[1])
NO_CHANGES = Augmentation(flip=False, rotation=0, shift=0, zoom=0, brightness=0, contrast=0)
images = np.random.default_rng(0).integers(0, 256, (52, 16, 16, 1), dtype=np.uint8)
names = tuple("abcdefg")
train = t.Split(images, (np.arange(52) % 7).astype(np.uint8), names, "train", "made.csv", "0" * 64)
val = t.Split(images[:50], (np.arange(50) % 7).astype(np.uint8), names, "val", "made.csv", "0" * 64)
settings = t.StageSettings(learning_rate=1e-3, epochs=2, patience=None, batch_size=16,
                           augmentation=replace(NO_CHANGES, brightness=0.2 * is_random))

def small_network():
    layers = keras.layers
    pixels = keras.Input((16, 16, 1))
    x = layers.Conv2D(4, 3, strides=4, use_bias=False)(layers.Rescaling(1 / 255)(pixels))
    x = layers.Dropout(0.2 * is_random)(layers.Activation("relu")(layers.BatchNormalization()(x)))
    return keras.Model(pixels, layers.Dense(7, activation="softmax", name="logits")(layers.Flatten()(x)))

class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            raise KeyboardInterrupt

def fit(devices, name, **options):
    with on_devices(devices, 16):
        keras.utils.set_random_seed(0)
        network = small_network()
        run = t.TrainingRun(folder / f"{name}.csv", folder / f"{name}.h5", verbose=0, **options)
        done = t.fit_stages(t.Start(network, "vggnet", 1e-3, ""), train, val, [settings], run)
    assert not any(getattr(layer, "synchronized", False) for layer in network.layers), "only TensorFlow opens such"
    return [[row["loss"], row["accuracy"], row["val_loss"], row["val_accuracy"]] for row in done.rows]

if joined.count > 1:
    print(json.dumps(fit(None, f"machine{joined.number}")))
    sys.exit()
losses = {"one": fit(1, "one"), "several": fit(count, "several")}
try:
    fit(count, "resumed", callbacks=[Stop()])
except KeyboardInterrupt:
    losses["resumed"] = fit(count, "resumed", resume=True)
print(json.dumps(losses))
"""


def start(backend: str, tmp_path: Path, count: int, is_random: bool, **variables: str) -> "subprocess.Popen[str]":
    path = json.dumps([str(Path(__file__).parent), *sys.path])
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={count} {QUICK_COMPILATION}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **variables,
    }
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), path, str(count), str(int(is_random))]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")


def rows_of(process: "subprocess.Popen[str]") -> Any:
    output, error = process.communicate()
    assert process.returncode == 0, error
    return json.loads(output.splitlines()[-1])


# TensorFlow's devices draw random numbers of their own, so nothing is random there.
@pytest.mark.parametrize(("backend", "count", "is_random"), [("jax", 4, True), ("tensorflow", 2, False)])
def test_several_devices_learn_what_one_learns_and_are_resumed(
    backend: str, count: int, is_random: bool, tmp_path: Path
) -> None:
    process = start(backend, tmp_path, count, is_random)
    on_two_machines = []
    if backend == "jax":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        for number in range(2):
            variables = {
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
                "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
                "KERAS_DISTRIBUTION_PROCESS_ID": str(number),
                "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo",
            }
            on_two_machines.append(start(backend, tmp_path, count // 2, is_random, **variables))
    rows = rows_of(process)
    assert len(rows["one"]) == 2
    # The same to rounding in the first epoch; rounding grows from step to step.
    assert rows["several"][0] == pytest.approx(rows["one"][0], abs=1e-4)
    assert rows["several"][1] == pytest.approx(rows["one"][1], abs=0.05)
    assert rows["resumed"][1] == pytest.approx(rows["several"][1], abs=1e-5)
    for machine in on_two_machines:
        np.testing.assert_allclose(rows_of(machine), rows["several"], atol=1e-4)


def test_the_last_batch_is_cut_to_what_can_be_split() -> None:
    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
            size = (8, 7)[step]
            return np.zeros((size, 2)), np.arange(size)

    batches = DividedBatches(Batches(), 4)
    assert [len(batches[step][1]) for step in range(len(batches))] == [8, 4]
    assert len(DividedBatches(Batches(), 8)) == 1
    # Of the second of two machines.
    own = DividedBatches(Batches(), 4, Machines(1, 2))
    assert [list(own[step][1]) for step in range(len(own))] == [[4, 5, 6, 7], [2, 3]]


def test_one_of_several_machines_writes_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(devices, "join_machines", lambda: Machines(1, 2))
    output = tmp_path / "model.keras"
    (tmp_path / "model.resume.h5").write_text("state", encoding="utf-8")
    arguments = argparse.Namespace(devices=None, resume=True)
    with contextlib.ExitStack() as stack:
        own = enter_devices(stack, arguments, [FitSettings(batch_size=8)], output)
        assert own.name == output.name
        assert own.parent != tmp_path
        assert own.with_name("model.resume.h5").read_text(encoding="utf-8") == "state"
        print("not shown")
    assert not own.parent.exists()
    assert capsys.readouterr().out.splitlines() == [
        "each batch is split over 1 devices of 2 machines: cpu:0",
        "this is process 2 of 2; the first one writes the files",
    ]
    with pytest.raises(ValueError, match=r"On several machines, devices must be all of them\. Received: 1"):
        enter_devices(contextlib.ExitStack(), argparse.Namespace(devices=1), [], output)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", r"There is no first process of this training at 127\.0\.0\.1:1: Connection refused"),
        ("10.0.0.1", r"The address of the first machine must be HOST:PORT\. Received: 10\.0\.0\.1"),
    ],
)
def test_a_first_machine_that_is_not_there(address: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(devices, "_WAIT_SECONDS", 0.0)
    monkeypatch.setenv("KERAS_DISTRIBUTION_JOB_ADDRESSES", f"{address},10.0.0.2:1")
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", "1")
    with pytest.raises((ValueError, OSError), match=message) as caught:
        devices.join_machines()
    assert names_of(caught.value) == ("devices",)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}}', "TF_CONFIG names several machines, on which Keras 3"),
        ("KERAS_DISTRIBUTION_JOB_ADDRESSES", "127.0.0.1:1", "needs KERAS_BACKEND=jax. Received: tensorflow"),
    ],
)
def test_tensorflow_trains_on_one_machine(
    variable: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=message):
        devices.join_machines()


def test_jaxs_own_variable_does_not_stop_other_backends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("JAX_COORDINATOR_ADDRESS", "127.0.0.1:1")
    assert devices.join_machines() == Machines()
    assert caplog.messages == [
        "note: JAX_COORDINATOR_ADDRESS is for JAX alone; with KERAS_BACKEND=tensorflow this process trains by itself"
    ]


def test_devices_that_are_not_there_are_refused(
    small_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=r"devices must be 1\.\.1, which are cpu:0\. Received: 2"), on_devices(2, 8):
        pass
    with on_devices(None, 7) as found:
        assert found == ["cpu:0"]
    output = tmp_path / "model.keras"
    assert TrainNetwork.main(["-b", str(small_base), "-om", str(output), "--devices", "2"]) == 2
    assert capsys.readouterr().err == ("error: devices must be 1..1, which are cpu:0. Received: 2 (--devices)\n")
    assert not output.exists()
