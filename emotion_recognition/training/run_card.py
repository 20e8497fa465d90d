"""The card of a training run: what it takes to know a model and to make it again."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import keras

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.training.resumable_fit import StageResult
from emotion_recognition.training.settings import FitSettings

_PACKAGES = ("keras", "numpy", "h5py")


def stage_entry(settings: FitSettings, result: StageResult, input_model: str | None, new_head: bool) -> dict[str, Any]:
    """One stage's part of the card.

    Args:
        settings: What the stage was started with.
        result: What came out.
        input_model: File name of the model it started from; None from scratch.
        new_head: Whether that model's last layer was replaced.
    """
    return {
        **asdict(settings),
        **result.more,
        "input_model": input_model,
        "new_head": new_head,
        "epochs_run": len(result.rows),
        "best_epoch": result.best_epoch,
        **{figure: result.best_row[figure] for figure in ("val_loss", "val_accuracy") if figure in result.best_row},
        "seconds": round(sum(row["seconds"] for row in result.rows), 1),
    }


def run_card(
    network: keras.Model,
    name: str,
    train: Split,
    val: Split,
    stages: list[dict[str, Any]],
    val_metrics: Mapping[str, Any],
    builds: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The whole card.

    Args:
        network: The trained network.
        name: Its architecture.
        train: Split it learned from.
        val: Split its epochs were chosen by.
        stages: All stages' entries, earliest first.
        val_metrics: Figures of the saved model on ``val``.
        builds: What the model that this one continues from has learned from, as
            :func:`~emotion_recognition.models.card.builds_of` gives it.
    """
    _, height, _, channels = network.input_shape
    learned_votes = any(
        stage.get("votes_weight", stage.get("votes")) or stage.get("ferplus_weight") for stage in stages
    )
    own = {"sha256": train.source_sha256, "build": train.build_id}
    earlier = [dict(build) for build in builds if dict(build) != own]
    return {
        "network": name,
        "class_names": list(train.class_names),
        "input": {
            "image_size": height,
            "channels": channels,
            "pixels": "0..255",
            # A network with three channels may have learned from grey images, repeated in each.
            "colour": "grey" if train.images.shape[-1] == 1 else "RGB",
        },
        "parameters": network.count_params(),
        "stages": stages,
        "data": {
            "source": train.source_name,
            "sha256": train.source_sha256,
            "labels": train.labels_from,
            # Whoever compares models wants to know what each has learned from.
            **({"votes_sha256": train.votes_sha256} if learned_votes else {}),
            "images": {split.split: len(split) for split in (train, val)},
            **({"build": train.build_id} if train.build_id else {}),
            **({"earlier_builds": earlier} if earlier else {}),
        },
        "metrics": {"val": dict(val_metrics)},
        "versions": package_versions(),
    }


def package_versions() -> dict[str, str]:
    """What the model was trained with: versions of Python, of the backend and of the packages that matter."""
    name: str = keras.backend.backend()
    backend = f"{name} {version(name)}"
    return {"python": platform.python_version(), "backend": backend, **{p: version(p) for p in _PACKAGES}}
