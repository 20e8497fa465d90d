"""An ensemble on a split: predict every example, count, with and without calibration and twins.

Before: an HDF5 split and :class:`~emotion_recognition.evaluation.ensemble.Ensemble`; next:
:mod:`emotion_recognition.evaluation.report`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.data.audit.duplicates import has_twin
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import check_same_classes
from emotion_recognition.evaluation.calibration import Reliability, reliability
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.evaluation.metrics import Metrics, compute_metrics
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.trained_on import notes_on_builds
from emotion_recognition.models.network_input import NetworkInput

_DEFAULT = PredictionSettings()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came out of putting model files on a split.

    Args:
        model_names: File names of the models, without folders.
        split: The examples.
        settings: How they went through the networks.
        network_inputs: How the images were fitted to each model.
        probabilities: float32 array (N, classes): the calibrated probabilities, averaged over the models.
        temperatures: Each model's temperature, from its card.
        metrics: The figures on all examples.
        uncalibrated: How far the probabilities can be believed without the temperatures.
        calibrated: The same with them.
        twins: Number of examples whose exact image is in the training split too; None if that was not looked at.
        without_twins: The figures without those examples; None if not looked at, or if no others are left.
        notes: What the reader should know, a sentence each.
    """

    model_names: tuple[str, ...]
    split: Split
    settings: PredictionSettings
    network_inputs: tuple[NetworkInput, ...]
    probabilities: np.ndarray
    temperatures: tuple[float, ...]
    metrics: Metrics
    uncalibrated: Reliability
    calibrated: Reliability
    twins: int | None
    without_twins: Metrics | None
    notes: tuple[str, ...]


def evaluate(
    ensemble: Ensemble,
    split: Split,
    settings: PredictionSettings = _DEFAULT,
    *,
    train: Split | None = None,
    progress: bool = False,
) -> Evaluation:
    """Evaluates an ensemble whose classes are the split's.

    Args:
        ensemble: One model or several.
        split: The examples; each counts exactly once.
        settings: Batch size, views.
        train: The training split, to count again without the examples that have a twin in it.
        progress: Whether to show on standard error how far it is.

    Raises:
        ValueError: If there is no example, the ensemble's classes are not the split's in its order, or a model cannot
            take the images.
    """
    check_same_classes(split.class_names, f"the {split.split} split", ensemble.class_names, "the ensemble")
    predictions = ensemble.predict(split.images, settings, progress=progress)
    notes = [*ensemble.assumed, *predictions.notes]
    notes += notes_on_builds((Path(classifier.name) for classifier in ensemble.classifiers), split)
    if train is not None and train.source_sha256 != split.source_sha256:
        notes.append(
            f"the training split comes from another {train.source_name} than the {split.split} split; build both again."
        )
    twins = None if train is None else has_twin(split.images, among=train.images)
    mean = predictions.probabilities
    return Evaluation(
        model_names=tuple(Path(classifier.name).name for classifier in ensemble.classifiers),
        split=split,
        settings=settings,
        network_inputs=tuple(classifier.network_input for classifier in ensemble.classifiers),
        probabilities=mean,
        temperatures=tuple(classifier.postprocessing.temperature for classifier in ensemble.classifiers),
        metrics=compute_metrics(split.labels, mean, split.class_names),
        uncalibrated=reliability(split.labels, predictions.uncalibrated),
        calibrated=reliability(split.labels, mean),
        twins=None if twins is None else int(twins.sum()),
        without_twins=(
            None
            if twins is None or twins.all()
            else compute_metrics(split.labels[~twins], mean[~twins], split.class_names)
        ),
        notes=tuple(notes),
    )
