"""Writes an evaluation's files: the report as text and JSON, its figures, and its part of the model's card.

Before: :func:`~emotion_recognition.evaluation.evaluate.evaluate` and :mod:`emotion_recognition.evaluation.report`; this
is the last stage.
"""

from pathlib import Path

from emotion_recognition import plots
from emotion_recognition.atomic_file import last_files, replace_when_complete, write_json
from emotion_recognition.evaluation.evaluate import Evaluation
from emotion_recognition.evaluation.gallery import choose_gallery
from emotion_recognition.evaluation.report import headline, to_json, to_text
from emotion_recognition.models.card import record_metrics
from emotion_recognition.workspace import FER2013

#: What the names of a report's files end with.
REPORT_ENDINGS = ("_report.txt", "_report.json", "_confusion.png", "_reliability.png")


def write_report(evaluation: Evaluation, stem: Path) -> Path:
    """Writes the report as text and JSON, the confusion matrix and the reliability diagram as pictures.

    Args:
        evaluation: What to report.
        stem: What the files' paths start with, see
            :func:`~emotion_recognition.evaluation.output_names.output_stem`; the split is added, and so are labels that
            are not FER2013's own.

    Returns:
        What the paths start with now; :data:`REPORT_ENDINGS` follow.

    Raises:
        OSError: If a file cannot be written.
    """
    split = evaluation.split
    labels = "" if split.labels_from == FER2013 else f"{split.labels_from}_"
    start = stem.with_name(f"{stem.name}_{labels}{split.split}")
    text, data, confusion, diagram = (start.with_name(start.name + ending) for ending in REPORT_ENDINGS)
    with replace_when_complete(text) as partial:
        partial.write_text(to_text(evaluation), encoding="utf-8")
    write_json(data, to_json(evaluation))
    title = headline(evaluation)
    diagrams = {"before calibration": evaluation.uncalibrated, "after": evaluation.calibrated}
    with last_files(f"{confusion} or {diagram}", f"{text} and {data} are whole"):
        plots.draw_confusion_matrix(confusion, evaluation.metrics.confusion, split.class_names, title)
        plots.draw_reliability(
            diagram, {name: (bins.counts, bins.accuracy, bins.expected_error) for name, bins in diagrams.items()}, title
        )
    return start


def write_gallery(evaluation: Evaluation, start: Path) -> Path:
    """Draws the most confident right and wrong examples of each class.

    Args:
        evaluation: What to draw from.
        start: What :func:`write_report` returned.

    Returns:
        The picture.
    """
    split, path = evaluation.split, start.with_name(f"{start.name}_gallery.png")
    rows = choose_gallery(split.labels, evaluation.probabilities, split.class_names, images=split.images)
    plots.draw_gallery(path, split.images, rows, evaluation.probabilities, split.class_names, headline(evaluation))
    return path


def record_in_card(evaluation: Evaluation, model: Path) -> bool:
    """Writes the figures of a single model into its card, if it has one that is about these data; returns whether."""
    return record_metrics(
        model,
        evaluation.split.split,
        {
            **evaluation.metrics.to_json(),
            "expected_calibration_error": evaluation.calibrated.expected_error,
            "expected_calibration_error_before": evaluation.uncalibrated.expected_error,
        },
        labels=evaluation.split.labels_from,
        data_sha256=evaluation.split.source_sha256,
    )
