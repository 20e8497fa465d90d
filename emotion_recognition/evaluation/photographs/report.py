"""An evaluation on labelled photographs as text, as JSON and as a figure; the last stage.

Text and JSON are the same for the same models and photographs: no dates, no folders.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from emotion_recognition import plots
from emotion_recognition.atomic_file import replace_when_complete, write_json
from emotion_recognition.data.building.unreadable import as_text
from emotion_recognition.evaluation.photographs.evaluate import NO_FACE, PhotographEvaluation, PhotographMetrics
from emotion_recognition.evaluation.photographs.fit_report import fit_json, fit_text
from emotion_recognition.evaluation.photographs.fitting import Fit
from emotion_recognition.quantity import quantity

#: What the names of a report's files end with.
PHOTOGRAPH_ENDINGS = ("_report.txt", "_report.json", "_confusion.png")


def photographs_text(evaluation: PhotographEvaluation, fit: Fit | None = None) -> str:
    """The report, and what was fitted, as lines of aligned columns; rates in per cent with two decimals."""
    sightings, overall = evaluation.sightings, evaluation.overall
    photographs = sightings.photographs
    several = quantity(sightings.several, "photograph")
    facts = [
        ("models" if len(evaluation.model_names) > 1 else "model", ", ".join(evaluation.model_names)),
        ("photographs", f"{photographs.name}, {overall.examples} of {len(photographs.class_names)} classes"),
        ("data", f"SHA-256 {sightings.sha256}"),
        ("faces", sightings.detector),
        ("several", f"the largest face is taken where there are several: on {several}"),
        ("views", "each face and its mirror image" if sightings.mirrored else "each face once"),
        *((name, str(value)) for name, value in _options(evaluation).items()),
        *(("note", note) for note in evaluation.notes),
    ]
    width = max(len(name) for name, _ in facts)
    blocks = [
        "\n".join(f"{name:<{width}}  {value}" for name, value in facts),
        _figures({"all photographs": overall, **evaluation.of_sources}),
        _recalls(evaluation),
        _confusion(overall),
        _missing(overall),
        *([] if fit is None else [fit_text(fit)]),
    ]
    return "\n\n".join(blocks) + "\n"


def photographs_json(evaluation: PhotographEvaluation, fit: Fit | None = None) -> dict[str, Any]:
    """The report, and what was fitted, as JSON values; rates are 0..1."""
    sightings = evaluation.sightings
    named = sightings.photographs.photographs
    return {
        "models": list(evaluation.model_names),
        "class_names": list(sightings.photographs.class_names),
        "photographs": {"name": sightings.photographs.name, "sha256": sightings.sha256},
        "detector": sightings.detector,
        "mirrored": sightings.mirrored,
        "options": _options(evaluation),
        "notes": list(evaluation.notes),
        "metrics": evaluation.overall.to_json(),
        "reliability": None if evaluation.overall.reliability is None else evaluation.overall.reliability.to_json(),
        "sources": {source: metrics.to_json() for source, metrics in evaluation.of_sources.items()},
        "several_faces": sightings.several,
        "without_face": [as_text(named[i].name) for i in sightings.without_face],
        "unreadable": {as_text(named[i].name): as_text(reason) for i, reason in sightings.unreadable.items()},
        "fit": None if fit is None else fit_json(fit),
    }


def write_photographs_report(evaluation: PhotographEvaluation, stem: Path, fit: Fit | None = None) -> Path:
    """Writes the report as text and JSON, and the confusion matrix as a picture.

    Args:
        evaluation: What to report.
        stem: What the files' paths start with, see
            :func:`~emotion_recognition.evaluation.output_names.photographs_stem`; :data:`PHOTOGRAPH_ENDINGS` follow.
        fit: What was fitted to the photographs.

    Returns:
        The stem.

    Raises:
        OSError: If a file cannot be written.
    """
    text, data, confusion = (stem.with_name(stem.name + ending) for ending in PHOTOGRAPH_ENDINGS)
    with replace_when_complete(text) as partial:
        partial.write_text(photographs_text(evaluation, fit), encoding="utf-8", errors="backslashreplace")
    write_json(data, photographs_json(evaluation, fit))
    overall, names = evaluation.overall, evaluation.model_names
    right = f"{_percent(overall.accuracy)} of {overall.examples:,} photographs right"
    model = names[0] if len(names) == 1 else f"{len(names)} models averaged"
    title = f"{model}\n{evaluation.sightings.photographs.name}: {right}"
    plots.draw_confusion_matrix(
        confusion, overall.confusion, overall.class_names, title, predictions=[*overall.class_names, NO_FACE]
    )
    return stem


def _options(evaluation: PhotographEvaluation) -> dict[str, Any]:
    """What the caller said of the models."""
    return {name: value for name, value in asdict(evaluation.options).items() if value is not None}


def _figures(rows: dict[str, PhotographMetrics]) -> str:
    width = max(map(len, rows))
    header = (
        f"{'accuracy':>9}  {'95 % interval':>20}  {'mean recall':>11}  {'ECE':>6}  {'by chance':>9}  {'no face':>7}  "
        f"{'unreadable':>10}"
    )
    lines = [f"{'':<{width}}  {header}  {'N':>6}"]
    for name, metrics in rows.items():
        interval = " to ".join(map(_percent, metrics.accuracy_interval))
        bins = metrics.reliability
        error, chance = ("-", "-") if bins is None else (f"{bins.expected_error:.4f}", f"{bins.chance_error:.4f}")
        lines.append(
            f"{name:<{width}}  {_percent(metrics.accuracy):>9}  {interval:>20}  {_percent(metrics.mean_recall):>11}  "
            f"{error:>6}  {chance:>9}  {metrics.without_face:>7}  {metrics.unreadable:>10}  {metrics.examples:>6}"
        )
    return "\n".join(
        [
            *lines,
            "ECE: expected calibration error of the faces that were found",
            "by chance: about what perfectly calibrated probabilities have on as many faces",
        ]
    )


def _missing(metrics: PhotographMetrics) -> str:
    if not metrics.confusion[:, -1].any():
        return "a face was found on every photograph"
    return (
        f"count as wrong: {quantity(metrics.without_face, 'photograph')} on which no face was found, "
        f"{metrics.unreadable:,} that cannot be read; the JSON file names them"
    )


def _recalls(evaluation: PhotographEvaluation) -> str:
    """Recall and number of photographs of each class, in all and for each source."""
    columns = {"all": evaluation.overall, **evaluation.of_sources}
    names = evaluation.overall.class_names
    width = max(len("recall"), *map(len, names))
    widths = [max(16, len(name)) for name in columns]

    def cell(metrics: PhotographMetrics, index: int) -> str:
        count = int(metrics.confusion[index].sum())
        return f"{_percent(float(metrics.recalls[index]))} of {count:>3}" if count else "-"

    lines = [
        "  ".join([f"{'recall':<{width}}", *(f"{name:>{w}}" for name, w in zip(columns, widths, strict=True))]),
        *(
            "  ".join(
                [
                    f"{name:<{width}}",
                    *(f"{cell(metrics, i):>{w}}" for metrics, w in zip(columns.values(), widths, strict=True)),
                ]
            )
            for i, name in enumerate(names)
        ),
    ]
    return "\n".join(lines)


def _confusion(metrics: PhotographMetrics) -> str:
    names = [*metrics.class_names, NO_FACE]
    first = max(map(len, metrics.class_names))
    widths = [max(len(name), len(str(column.max()))) for name, column in zip(names, metrics.confusion.T, strict=True)]

    def line(name: str, cells: list[Any]) -> str:
        return "  ".join([f"{name:<{first}}", *(f"{cell:>{w}}" for cell, w in zip(cells, widths, strict=True))])

    return "\n".join(
        [
            "confusion matrix (rows: label, columns: prediction)",
            line("", list(names)),
            *(line(name, row.tolist()) for name, row in zip(metrics.class_names, metrics.confusion, strict=True)),
        ]
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %"
