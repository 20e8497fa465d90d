"""What TestNetwork.py does with labelled photographs; their options are in :mod:`.photograph_options`."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emotion_recognition.command_line.detector_plans import plan_of
from emotion_recognition.command_line.model_options import model_options
from emotion_recognition.emotions import are_emotions, class_names
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME
from emotion_recognition.workspace import Workspace


def run_on_photographs(arguments: argparse.Namespace, workspace: Workspace, models: Sequence[Path], stem: Path) -> int:
    """Tests models on labelled photographs, prints what it finds and writes the report.

    Args:
        arguments: What was parsed.
        workspace: Where models and splits are.
        models: The model files.
        stem: What the paths of all files of the report start with.

    Returns:
        The number of photographs that could not be read.

    Raises:
        ValueError: If photographs, models or options do not fit together.
        OSError: If something cannot be read or written.
    """
    from emotion_recognition.data.sources.class_labels import ClassLabels
    from emotion_recognition.evaluation.output_names import photographs_stem
    from emotion_recognition.evaluation.photographs.fitting import fit_to_photographs, tuning_of
    from emotion_recognition.evaluation.photographs.keeping import check_can_keep, keep_fit
    from emotion_recognition.evaluation.photographs.labelled import read_photographs
    from emotion_recognition.evaluation.photographs.learned_shares import learned_shares

    options = model_options(arguments)
    own = arguments.classes is not None and not are_emotions(arguments.classes)
    classes = arguments.class_names if own else class_names(len(arguments.class_names))
    photographs = read_photographs(arguments.photos, ClassLabels(classes, own=own))
    if arguments.keep:
        check_can_keep(models[0], arguments.input_model[0])
    fits = arguments.fit_prior is not None or arguments.fit_temperature
    if fits and not any(models[0].with_suffix(suffix).is_file() for suffix in (models[0].suffix, ".onnx")):
        raise FileNotFoundError(f"There is no model {models[0]}.")
    tuned = tuning_of(models[0], classes, options) if fits else None
    if tuned is not None and arguments.fit_prior and tuned[1] is None:
        tuned = (tuned[0], learned_shares(models[0], classes, workspace))

    # A model without an ONNX copy needs Keras, which takes seconds; what is wrong with the photographs has been found.
    from emotion_recognition.evaluation.photographs.evaluate import evaluate_photographs
    from emotion_recognition.evaluation.photographs.looking import look_at_photographs
    from emotion_recognition.evaluation.photographs.report import photographs_text, write_photographs_report

    plan = plan_of(arguments, models, workspace)
    detector = replace(plan, classes=classes, runtime=arguments.runtime or DEFAULT_RUNTIME).open()
    sightings = look_at_photographs(detector, photographs, progress=True)
    evaluation = evaluate_photographs(sightings, [model.name for model in models], options)
    fit = None
    if tuned is not None:
        fit = fit_to_photographs(sightings, *tuned, prior=arguments.fit_prior, temperature=arguments.fit_temperature)
    print(photographs_text(evaluation, fit))
    if arguments.runtime is not None:
        print(f"runtime: {detector.classifier.runtime}")
    start = write_photographs_report(evaluation, photographs_stem(stem, photographs.name), fit)
    print(f"Wrote {start}_report.txt, _report.json and _confusion.png")
    if fit is not None and arguments.keep:
        print(f"Wrote {keep_fit(fit, models[0])}; its metrics are from before, so test the model again")
    return len(sightings.unreadable)
