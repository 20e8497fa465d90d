"""An evaluation as text for people and as JSON for programs; the last stage.

Both are the same for the same models and data: no dates, no folders.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from emotion_recognition.evaluation.evaluate import Evaluation
from emotion_recognition.evaluation.metrics import Metrics
from emotion_recognition.evaluation.views import TTA
from emotion_recognition.workspace import FER2013


def to_text(evaluation: Evaluation) -> str:
    """The report as lines of aligned columns; accuracies and the like in per cent with two decimals."""
    split, metrics = evaluation.split, evaluation.metrics
    facts = [
        ("models" if len(evaluation.model_names) > 1 else "model", ", ".join(evaluation.model_names)),
        ("split", f"{split.split}, {metrics.examples} images of {len(split.class_names)} classes"),
        ("data", f"{split.source_name}, SHA-256 {split.source_sha256}"),
        *([] if split.labels_from == FER2013 else [("labels", split.labels_from)]),
        ("pixel range", _pixel_range(evaluation)),
        *([] if _interpolation(evaluation) == "auto" else [("interpolation", _interpolation(evaluation))]),
        ("views", TTA[evaluation.settings.tta]),
        *(("note", note) for note in evaluation.notes),
    ]
    width = max(len(name) for name, _ in facts)
    blocks = [
        "\n".join(f"{name:<{width}}  {value}" for name, value in facts),
        _overall(evaluation),
        _class_table(metrics),
        _confusion_table(metrics),
        _calibration(evaluation),
    ]
    return "\n\n".join(blocks) + "\n"


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The report as JSON values; accuracies and the like are 0..1."""
    split = evaluation.split
    return {
        "models": list(evaluation.model_names),
        "class_names": list(split.class_names),
        "split": split.split,
        "data": {"source": split.source_name, "sha256": split.source_sha256, "labels": split.labels_from},
        "pixel_range": _pixel_range(evaluation),
        "interpolation": _interpolation(evaluation),
        "tta": evaluation.settings.tta,
        "notes": list(evaluation.notes),
        "metrics": evaluation.metrics.to_json(),
        "calibration": {
            "temperatures": list(evaluation.temperatures),
            "before": evaluation.uncalibrated.to_json(),
            "after": evaluation.calibrated.to_json(),
        },
        "twins_in_train": evaluation.twins,
        "metrics_without_twins": None if evaluation.without_twins is None else evaluation.without_twins.to_json(),
    }


def headline(evaluation: Evaluation) -> str:
    """A figure's title in two lines: the model or the number of models; split, accuracy, N."""
    metrics, names = evaluation.metrics, evaluation.model_names
    return (
        f"{names[0] if len(names) == 1 else f'{len(names)} models averaged'}\n"
        f"{evaluation.split.split} split: {_percent(metrics.accuracy)} of {metrics.examples:,} images right"
    )


def _of_all(values: Sequence[str]) -> str:
    """What holds for all models, or what does for each."""
    return values[0] if len(set(values)) == 1 else ", ".join(values)


def _pixel_range(evaluation: Evaluation) -> str:
    return _of_all([taken.pixel_range for taken in evaluation.network_inputs])


def _interpolation(evaluation: Evaluation) -> str:
    return _of_all([taken.interpolation for taken in evaluation.network_inputs])


def _overall(evaluation: Evaluation) -> str:
    rows = [("all images", evaluation.metrics)]
    if evaluation.without_twins is not None:
        rows.append((f"without {evaluation.twins} twins of training images", evaluation.without_twins))
    width = max(len(name) for name, _ in rows)
    lines = [f"{'':<{width}}  {'accuracy':>9}  {'95 % interval':>20}  {'macro F1':>9}  {'weighted F1':>11}  {'N':>6}"]
    for name, metrics in rows:
        low, high = metrics.accuracy_interval
        interval = f"{_percent(low)} to {_percent(high)}"
        lines.append(
            f"{name:<{width}}  {_percent(metrics.accuracy):>9}  {interval:>20}  {_percent(metrics.macro_f1):>9}  "
            f"{_percent(metrics.weighted_f1):>11}  {metrics.examples:>6}"
        )
    return "\n".join(lines)


def _calibration(evaluation: Evaluation) -> str:
    before, after = evaluation.uncalibrated.expected_error, evaluation.calibrated.expected_error
    if all(temperature == 1 for temperature in evaluation.temperatures):
        error = f"{before:.4f} (no temperature)"
    else:
        temperatures = ", ".join(f"{temperature:g}" for temperature in evaluation.temperatures)
        error = f"{before:.4f}, after calibration {after:.4f} (temperature {temperatures})"
    chance = evaluation.calibrated.chance_error
    return f"expected calibration error {error}\nperfectly calibrated: about {chance:.4f} on as many images, by chance"


def _class_table(metrics: Metrics) -> str:
    width = max(len("class"), *(len(row.name) for row in metrics.classes))
    lines = [f"{'class':<{width}}  {'precision':>9}  {'recall':>9}  {'F1':>9}  {'N':>6}"]
    lines += [
        f"{row.name:<{width}}  {_percent(row.precision):>9}  {_percent(row.recall):>9}  {_percent(row.f1):>9}  "
        f"{row.examples:>6}"
        for row in metrics.classes
    ]
    return "\n".join(lines)


def _confusion_table(metrics: Metrics) -> str:
    names = [row.name for row in metrics.classes]
    first = max(len(name) for name in names)
    widths = [max(len(name), len(str(column.max()))) for name, column in zip(names, metrics.confusion.T, strict=True)]

    def line(name: str, cells: list[str] | np.ndarray) -> str:
        return "  ".join([f"{name:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))])

    return "\n".join(
        [
            "confusion matrix (rows: label, columns: prediction)",
            line("", names),
            *(line(name, row) for name, row in zip(names, metrics.confusion, strict=True)),
        ]
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %"
