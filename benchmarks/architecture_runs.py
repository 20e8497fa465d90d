"""The runs that benchmarks.architectures compares, and what one of them gives. Each is a network under a budget."""

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from emotion_recognition.models.registry import NETWORKS, BuildFunction
from emotion_recognition.training.recipes import RECIPES
from emotion_recognition.training.settings import ALL_FROZEN, StageSettings

#: Networks that are also trained under the one-cycle settings in full.
ONE_CYCLE = ("mini_xception", "shallow_cnn", "inception", "deep_cnn", "resnet9")

#: What the study of regularisation changes of ``vggnet``: its options, and whether images are changed at random.
STUDY: Mapping[str, tuple[dict[str, Any], bool]] = {
    "everything": ({}, True),
    "without batch normalization": ({"batch_normalization": False}, True),
    "without dropout": ({"dropout": 0.0, "head_dropout": 0.0}, True),
    "without augmentation": ({}, False),
    "without any of them": ({"batch_normalization": False, "dropout": 0.0, "head_dropout": 0.0}, False),
}

#: Most epochs of the head alone, of a backbone whose weights were learned elsewhere.
_HEAD_EPOCHS = 3


@dataclass(frozen=True)
class Run:
    """One row of the table.

    Args:
        key: Name of its files.
        budget: The table that it belongs to.
        network: What is trained, in words.
        build: Name of the network, or the function that builds it.
        stages: The settings of every stage.
        options: More arguments of what builds it.
        note: What else must be known of it.
    """

    key: str
    budget: str
    network: str
    build: str | BuildFunction
    stages: tuple[StageSettings, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def planned_runs(
    budgets: Sequence[str], networks: Sequence[str], epochs: int, settings: Mapping[str, Any], backbone: Path | None
) -> list[Run]:
    """The runs of some budgets: one-cycle, study, equal; networks of the equal budget in the order given.

    Args:
        budgets: Some of "equal", "onecycle" and "study".
        networks: Names of those to compare.
        epochs: Of each run of the equal budget and of the study.
        settings: What replaces the recipes' settings everywhere: seed and precision.
        backbone: File of a backbone that is fine-tuned under the one-cycle runs' number of epochs; None for none.
    """
    runs: list[Run] = []
    record = replace(RECIPES["record"](), epochs=epochs, **settings)
    cycle = replace(RECIPES["onecycle"](), **settings)
    if "onecycle" in budgets:
        runs += [Run(f"onecycle_{n}", "onecycle", n, n, (cycle,)) for n in ONE_CYCLE if n in networks]
        if backbone is not None:
            runs.append(_fine_tuned(backbone, cycle.epochs, settings))
    if "study" in budgets and "vggnet" in networks:
        for name, (options, changes) in STUDY.items():
            stage = record if changes else replace(record, augmentation=None)
            runs.append(Run(f"study_{name.replace(' ', '_')}", "study", f"vggnet {name}", "vggnet", (stage,), options))
    if "equal" in budgets:
        runs += [_equal(name, record) for name in networks]
    return runs


def _equal(name: str, record: StageSettings) -> Run:
    from emotion_recognition.models.networks.imagenet import IMAGENET_FILES, keras_home

    if not NETWORKS[name].has_imagenet:
        return Run(f"equal_{name}", "equal", name, name, (record,))
    weights = "imagenet" if (keras_home() / "models" / IMAGENET_FILES[name].name).is_file() else "none"
    # A learning rate of 0.1 is for networks that were made for it; fine-tuning has a smaller one.
    stage = replace(RECIPES["finetune"](), epochs=record.epochs, patience=None, seed=record.seed)
    stage = replace(stage, learning_rate=1e-4, mixed_precision=record.mixed_precision)
    return Run(f"equal_{name}", "equal", name, name, (stage,), {"weights": weights}, f"weights: {weights}")


def _fine_tuned(path: Path, epochs: int, settings: Mapping[str, Any]) -> Run:
    from emotion_recognition.models.networks.backbone_file import backbone_from_file

    stage = replace(RECIPES["finetune"](), patience=None, **settings)
    first = min(_HEAD_EPOCHS, epochs - 1)
    stages = (
        replace(stage, learning_rate=1e-3, epochs=first, freeze=ALL_FROZEN),
        replace(stage, learning_rate=3e-4, epochs=epochs - first, schedule="cosine"),
    )
    build = backbone_from_file(path)
    return Run(f"onecycle_{build.__name__}", "onecycle", build.__name__, build, stages, {}, "backbone, fine-tuned")


def carry_out(run: Run, train: Any, val: Any, folder: Path) -> dict[str, Any]:
    """Trains, or goes on where an interrupted run stopped, saves, exports and measures; returns the row."""
    from emotion_recognition.models.export import export_trained
    from emotion_recognition.training.run import TrainingRun
    from emotion_recognition.training.saving import save_trained
    from emotion_recognition.training.stages import RunResult, fit_stages
    from emotion_recognition.training.start import open_start

    path = folder / f"{run.key}.keras"
    start = open_start(train, run.stages[0], network=run.build, network_options=run.options)
    files = TrainingRun.beside(path)
    resumed = replace(files, resume=files.resume_path.is_file())
    row: dict[str, Any] = {}

    def save(done: RunResult) -> None:
        metrics = save_trained(start, path, train, val, done)
        row.update({"val_accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1})

    done = fit_stages(start, train, val, run.stages, resumed, save=save)
    _, reason = export_trained(path, ())
    return {
        "network": run.network,
        "budget": run.budget,
        "note": run.note,
        "parameters": start.network.count_params(),
        "operations": count_operations(start.network),
        "seconds_per_epoch": statistics.median(each["seconds"] for each in done.rows),
        "epochs": len(done.rows),
        "runtime": "Keras" if reason else "OpenCV",
        "milliseconds": milliseconds_a_face(path, val),
        **row,
    }


def time_steps(run: Run, train: Any, steps: int) -> float:
    """Seconds that an epoch of the last stage will take, from the median of some steps."""
    from emotion_recognition.data.batches.random_changes import with_random_changes
    from emotion_recognition.data.batches.targets import training_targets
    from emotion_recognition.training.compiling import compile_network
    from emotion_recognition.training.start import open_start

    stage = run.stages[-1]
    network = open_start(train, stage, network=run.build, network_options=run.options).network
    trainee = with_random_changes(network, stage.augmentation, stage.seed)
    compile_network(trainee, stage, len(train.class_names), steps)
    images, targets = train.images[: stage.batch_size], training_targets(train)[: stage.batch_size]
    seconds = []
    for step in range(steps + 2):
        started = time.perf_counter()
        trainee.train_on_batch(images, targets)
        if step >= 2:  # the first ones compile
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * -(-len(train) // stage.batch_size)


def milliseconds_a_face(path: Path, val: Any, faces: int = 30) -> float:
    """Median time in which detection classifies one face."""
    from emotion_recognition.detection.classifier import EmotionClassifier

    classifier = EmotionClassifier(path, list(val.class_names))
    seconds = []
    for image in val.images[: faces + 3]:
        started = time.perf_counter()
        classifier.probabilities(image[None])
        seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds[3:])


def count_operations(network: Any) -> int:
    """Multiplications and additions of the convolutions and dense layers for one image: two for each weight's use."""
    from keras import layers

    total = 0
    for layer in network._flatten_layers():
        if isinstance(layer, layers.SeparableConv2D):
            kernels = [layer.depthwise_kernel, layer.pointwise_kernel]
        elif isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.Dense):
            kernels = [layer.kernel]
        else:
            continue
        places = math.prod(layer.output.shape[1:3]) if len(layer.output.shape) == 4 else 1
        total += sum(2 * math.prod(kernel.shape) * places for kernel in kernels)
    return total
