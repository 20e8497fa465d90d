"""Two steps of training on every Keras backend that is installed, each in a process of its own."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

BACKENDS = ("tensorflow", "jax", "torch")

# A schedule, augmentation, votes, a moving average, clean statistics: all that runs on the backend at all.
SCRIPT = """
import json, sys
from dataclasses import replace
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[2])
import keras, numpy as np
import test_stage as t
from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.models import build_network
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.portable import portable
from emotion_recognition.models.precision import with_precision

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (16, 16, 16, 1), dtype=np.uint8)
train = t.Split(images, (np.arange(16) % 7).astype(np.uint8), tuple("abcdefg"), "train", "made.csv", "0" * 64,
                rng.integers(0, 4, (16, 10), dtype=np.uint8), "1" * 64)
keras.utils.set_random_seed(0)
network = with_precision(build_network("vggnet", num_classes=7, image_size=16), "float32")
settings = t.StageSettings(optimizer="sgd", schedule="cosine", learning_rate=0.05, epochs=1, patience=None,
                           batch_size=8, votes_weight=1.0, ema=0.5, clean_statistics=True,
                           augmentation=Augmentation(erase=0.5))
run = t.fit_stages(t.Start(network, "vggnet", 0.05, ""), train, replace(train, split="val"), [settings],
                   t.TrainingRun(folder / "log.csv", folder / "resume.h5", verbose=0))
before = np.asarray(keras.ops.convert_to_numpy(network(images, training=False)))
save_network(network, folder / "model.keras")
after = np.asarray(keras.ops.convert_to_numpy(load_network(folder / "model.keras")(images, training=False)))
np.testing.assert_allclose(after, before, atol=1e-5)
# What is exported is rewritten first, on whichever backend trained it.
pixels = keras.Input((6, 6, 2))
pooled = portable(keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(pixels)))
maps = rng.random((3, 6, 6, 2)).astype("float32")
np.testing.assert_allclose(keras.ops.convert_to_numpy(pooled(maps)), maps.mean(axis=(1, 2)), atol=1e-6)
print(json.dumps({"backend": keras.backend.backend(), "loss": run.rows[0]["loss"], "sums": after.sum(1).tolist()}))
"""

# Two steps of the face detector's training: matching, loss and boxes of several maps, a schedule, a moving average.
FACES_SCRIPT = """
import json, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[2])
import keras, numpy as np
import test_stage as t

folder = Path(sys.argv[1])
network = t.tiny_network()
before = network.get_weights()
run = t.fit(folder, network, t.replace(t.SETTINGS, epochs=1))
moved = [float(np.abs(a - b).max()) for a, b in zip(network.get_weights(), before, strict=True)]
pixels = np.full((1, 64, 128, 3), 90.0, "float32")
shapes = [list(output.shape) for output in network(pixels, training=False)]
print(json.dumps({"backend": keras.backend.backend(), "row": run.rows[0], "moved": min(moved), "shapes": shapes}))
"""

#: JAX compiles twice as fast what then runs a few steps.
QUICK_COMPILATION = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

INSTALLED = [name for name in BACKENDS if find_spec(name)]


def run_on(backend: str, script: str, folder: Path, imported: Path) -> dict[str, Any]:
    """Runs a script in a process with that backend; returns the JSON of its last line."""
    path = json.dumps([str(imported), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), path],
        env={**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": QUICK_COMPILATION},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    received: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert received["backend"] == backend
    return received


@pytest.mark.parametrize("backend", INSTALLED)
def test_training_runs_on_every_installed_backend(backend: str, tmp_path: Path) -> None:
    received = run_on(backend, SCRIPT, tmp_path, Path(__file__).parent)
    # The first loss of an untrained network is near ln 7 for the labels plus near ln 10 for the votes.
    assert 2 < received["loss"] < 12
    assert received["sums"] == pytest.approx([1] * 16, abs=1e-4)


@pytest.mark.parametrize("backend", INSTALLED)
def test_the_face_detector_is_trained_on_every_installed_backend(backend: str, tmp_path: Path) -> None:
    received = run_on(backend, FACES_SCRIPT, tmp_path, Path(__file__).parent / "face_ssd")
    # A cosine's last step leads to zero.
    assert received["row"]["learning_rate"] == pytest.approx(0, abs=1e-6)
    assert 0 < received["row"]["loss"] < 12
    assert 0 < received["row"]["val_loss"] < 12
    assert received["moved"] > 0
    assert received["shapes"] == [[1, 8, 16, 5], [1, 4, 8, 5], [1, 2, 4, 5], [1, 1, 2, 5]]


def test_more_than_one_backend_is_tested() -> None:
    assert sum(find_spec(name) is not None for name in BACKENDS) > 1, "requirements-dev.txt has jax too"
