"""The card of a training run of the face detector: what it takes to know the model and to make it again."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.models.face_ssd.priors import LANDMARKS, NETWORK, PriorSettings
from emotion_recognition.training.run_card import package_versions


def face_card(
    network: keras.Model,
    priors: PriorSettings,
    size: int,
    train: FaceSplit,
    val: FaceSplit,
    stages: list[dict[str, Any]],
    note: str | None = None,
    min_confidence: float | None = None,
) -> dict[str, Any]:
    """The card without the figures on ``val`` and without the ONNX copy, which come when the model has been saved.

    Args:
        network: The trained network.
        priors: Its prior boxes.
        size: Height and width of its input in training, in pixels.
        train: Pictures it learned from.
        val: Pictures its epochs and its scores were chosen by.
        stages: All stages' entries, earliest first.
        note: What else a user of the model should know, for instance on what terms the pictures were had.
        min_confidence: The score from which on detection takes a box for a face; None for its own default.
    """
    return {
        "network": NETWORK,
        **{key: value for key, value in (("note", note), ("min_confidence", min_confidence)) if value is not None},
        "class_names": ["face"],
        "input": {"size": size, "channels": 3, "pixels": "0..255", "colour": "BGR"},
        **priors.to_card(),
        **({"landmarks": LANDMARKS} if len(network.outputs) > len(priors.strides) else {}),
        "parameters": network.count_params(),
        "stages": stages,
        "data": {split.split: data_entry(split) for split in (train, val)},
        "versions": package_versions(),
    }


def data_entry(split: FaceSplit) -> Mapping[str, Any]:
    """What a card says of a split of photographs."""
    kinds = sorted({source.partition(":")[0] for source in split.sources if source})
    return {
        "source": split.source_name,
        "sha256": split.source_sha256,
        "pictures": len(split),
        "faces": len(split.boxes),
        **({} if split.landmarks is None else {"with_landmarks": int(np.isfinite(split.landmarks[:, 0, 0]).sum())}),
        "kinds": {kind: sum(source.partition(":")[0] == kind for source in split.sources) for kind in kinds},
    }
