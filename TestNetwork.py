"""Tests trained networks on a split or on labelled photographs: accuracy, F1, figures per emotion, confusion matrix.

BuildDataset.py and TrainNetwork.py come before.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.detection_options import detection_settings
from emotion_recognition.command_line.exit_status import SOME_BAD, exit_status
from emotion_recognition.command_line.model_options import (
    add_model_options,
    add_runtime_option,
    joined_ranges,
    model_options,
)
from emotion_recognition.command_line.parsers import add_image_options, classes_option, new_parser, variant_of
from emotion_recognition.command_line.photograph_options import add_photograph_options, check_photograph_options
from emotion_recognition.emotions import CLASS_COUNTS, class_names, class_order
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.views import TTA
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import Variant, Workspace

if TYPE_CHECKING:
    from emotion_recognition.data.files.hdf5 import Split

EPILOG = """Writes the report as text and JSON, the confusion matrix and the reliability diagram as pictures, beside
the model, or into output/ for several models. Probabilities are calibrated with the temperature in the model's card.
The figures of one model go into its card too, unless --tta, --pixel_range, --interpolation, --output or --runtime
is given.
With --photos there is no reliability diagram, and nothing goes into the card.

other people's models: --classes names the outputs of a model without a card, in their order, for instance
  TestNetwork.py -im theirs.h5 --classes angry,disgust,fear,happy,neutral,sad,surprise --pixel_range 0..1

exit status: 0 all done; 1 some photographs could not be read, and count as wrong; 2 bad input; 70 a fault of the
program itself"""

#: Stands for ``--predict`` without a file.
_BUILT = Path()


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Tests trained networks on one of FER2013's HDF5 splits, or on labelled photographs.", EPILOG)
    defaults = PredictionSettings()
    parser.add_argument(
        "-im",
        "-m",
        "--input_model",
        nargs="+",
        metavar="MODEL",
        help="names in output/ or paths; the probabilities of several are averaged (default: the released model)",
    )
    add_image_options(parser)
    parser.add_argument("--split", choices=("test", "val"), help="which images; choose models on val (default: test)")
    parser.add_argument(
        "--predict",
        nargs="?",
        type=Path,
        const=_BUILT,
        metavar="CSV",
        help="instead of testing, write a submission: an emotion for each row of the competition's test.csv, "
        "given here or built before",
    )
    parser.add_argument("--batch_size", type=int, default=defaults.batch_size, help="images per step")
    add_model_options(parser)
    add_runtime_option(parser, None)
    parser.add_argument(
        "--tta",
        nargs="?",
        const="full",
        default=defaults.tta,
        choices=tuple(TTA),
        help="test-time augmentation, averages the probabilities of several views: "
        + "; ".join(f"{name}, {text}" for name, text in TTA.items())
        + ". --tta alone is full",
    )
    parser.add_argument(
        "--gallery", action="store_true", help="draw the most confident right and wrong examples of each class"
    )
    parser.add_argument(
        "--output_name", metavar="NAME", help="what the files' names start with (default: the models' names)"
    )
    add_photograph_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(joined_ranges(sys.argv[1:] if argv is None else argv))
    unreadable: list[int] = []
    return exit_status(lambda: unreadable.append(_test(arguments))) or (SOME_BAD if any(unreadable) else 0)


def _test(arguments: argparse.Namespace) -> int:
    """Runs the script; returns the number of photographs that could not be read."""
    check_photograph_options(arguments)
    workspace = Workspace(arguments.base_path)
    settings = PredictionSettings(arguments.batch_size, arguments.tta)
    if arguments.input_model is None:
        models = [workspace.released_model(arguments.num_emotions)]
        for_photographs = workspace.released_photograph_model(arguments.num_emotions)
        if arguments.photos is not None and for_photographs.is_file():
            models = [for_photographs]
    else:
        models = [workspace.find_model(name) for name in arguments.input_model]

    from emotion_recognition.evaluation.output_names import output_stem

    stem = output_stem(models, workspace.output_folder, arguments.output_name)
    if arguments.photos is not None:
        return _test_photographs(arguments, workspace, models, stem)
    if arguments.predict is not None:
        _predict(arguments, models, settings, stem.with_name(f"{stem.name}_submission.csv"))
    else:
        _test_split(arguments, workspace, models, settings, stem)
    return 0


def _test_split(
    arguments: argparse.Namespace,
    workspace: Workspace,
    models: Sequence[Path],
    settings: PredictionSettings,
    stem: Path,
) -> None:
    from emotion_recognition.data.files.hdf5 import check_same_build, read_split

    count, role = arguments.num_emotions, arguments.split or "test"
    variant, path = _find(arguments, lambda build: workspace.split_path(role, count, variant=build))
    split = read_split(path, role=role)
    class_order(arguments.class_names, classes_option(arguments), split.class_names, str(path))
    train = _train_split(workspace.split_path("train", count, variant=variant))
    if train is not None:
        check_same_build(split, train)

    import_keras()
    from emotion_recognition.evaluation.ensemble import Ensemble
    from emotion_recognition.evaluation.evaluate import evaluate
    from emotion_recognition.evaluation.report import to_text
    from emotion_recognition.evaluation.report_files import record_in_card, write_gallery, write_report

    options = model_options(arguments)
    ensemble = Ensemble.from_files(
        models, split.class_names, options, named_by=f"the {split.split} split", runtime=arguments.runtime
    )
    evaluation = evaluate(ensemble, split, settings, train=train, progress=True)
    print(to_text(evaluation))
    start = write_report(evaluation, stem)
    usual = settings.tta == PredictionSettings.tta and options == ModelOptions(options.class_names)
    if len(models) == 1 and usual and arguments.runtime is None:
        record_in_card(evaluation, models[0])
    if ensemble.runtimes:
        print(f"runtime: {', '.join(ensemble.runtimes)}")
    print(f"Wrote {start}_report.txt, _report.json, _confusion.png and _reliability.png")
    if arguments.gallery:
        print(f"Wrote {write_gallery(evaluation, start)}")


def _test_photographs(arguments: argparse.Namespace, workspace: Workspace, models: Sequence[Path], stem: Path) -> int:
    """Tests on labelled photographs; returns the number of those that could not be read."""
    from emotion_recognition.data.sources.class_labels import ClassLabels
    from emotion_recognition.evaluation.output_names import photographs_stem
    from emotion_recognition.evaluation.photographs.fitting import fit_to_photographs, tuning_of
    from emotion_recognition.evaluation.photographs.keeping import check_can_keep, keep_fit
    from emotion_recognition.evaluation.photographs.labelled import read_photographs
    from emotion_recognition.evaluation.photographs.learned_shares import learned_shares

    options = model_options(arguments)
    are_emotions = arguments.classes is None or _are_emotions(arguments.classes)
    classes = class_names(len(arguments.class_names)) if are_emotions else arguments.class_names
    photographs = read_photographs(arguments.photos, ClassLabels(classes, own=not are_emotions))
    if arguments.keep:
        check_can_keep(models[0], arguments.input_model[0])
    fits = arguments.fit_prior is not None or arguments.fit_temperature
    tuned = tuning_of(models[0], classes, options) if fits else None
    if tuned is not None and arguments.fit_prior and tuned[1] is None:
        tuned = (tuned[0], learned_shares(models[0], classes, workspace))

    # A model without an ONNX copy needs Keras, which takes seconds; what is wrong with the photographs has been found.
    from emotion_recognition import EmotionDetector
    from emotion_recognition.detection import open_detector
    from emotion_recognition.evaluation.photographs.evaluate import evaluate_photographs
    from emotion_recognition.evaluation.photographs.looking import look_at_photographs
    from emotion_recognition.evaluation.photographs.report import photographs_text, write_photographs_report

    face_detector = open_detector(
        arguments.detector,
        model=arguments.detector_model,
        base_path=workspace.base_path,
        settings=detection_settings(arguments),
        size=arguments.detector_size,
        any_direction=arguments.any_direction,
        runtime=arguments.runtime or DEFAULT_RUNTIME,
    )
    detector = EmotionDetector(
        models,
        classes=classes,
        detector=face_detector,
        options=options,
        mirrored=arguments.mirrored,
        runtime=arguments.runtime or DEFAULT_RUNTIME,
    )
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


def _predict(arguments: argparse.Namespace, models: Sequence[Path], settings: PredictionSettings, output: Path) -> None:
    from emotion_recognition.data.files.unlabelled import read_unlabelled
    from emotion_recognition.data.sources.fer2013.csv_reader import read_images

    if arguments.predict == _BUILT:
        workspace = Workspace(arguments.base_path)
        _, source = _find(arguments, lambda build: workspace.unlabelled_path(variant=build))
        images = read_unlabelled(source)
    else:
        source = arguments.predict
        images = read_images(source)

    import_keras()
    from emotion_recognition.evaluation.ensemble import Ensemble
    from emotion_recognition.evaluation.submission import write_submission
    from emotion_recognition.models.conventions import say

    names = arguments.class_names
    ensemble = Ensemble.from_files(
        models, names, model_options(arguments), named_by="the choice of classes", runtime=arguments.runtime
    )
    predictions = ensemble.predict(images, settings, progress=True)
    say([*ensemble.assumed, *predictions.notes])
    write_submission(output, predictions.probabilities.argmax(axis=1), names)
    print(f"{len(images):,} images of {source}")
    print(f"Wrote {output}")


def _find(arguments: argparse.Namespace, path_of: Callable[[Variant], Path]) -> tuple[Variant, Path]:
    """The build that is meant, and its file: for ``--classes`` their own; without one, for emotions, the usual."""
    variant = variant_of(arguments)
    path = path_of(variant)
    if arguments.classes is not None and not path.is_file() and _are_emotions(arguments.classes):
        variant = replace(variant, own_classes=False)
        path = path_of(variant)
    return variant, path


def _are_emotions(classes: Sequence[str]) -> bool:
    if len(classes) not in CLASS_COUNTS:
        return False
    try:
        class_order(class_names(len(classes)), "", classes, "")
    except ValueError:
        return False
    return True


def _train_split(path: Path) -> "Split | None":
    from emotion_recognition.data.files.hdf5 import read_split

    if path.is_file():
        return read_split(path, role="train")
    print(f"note: there is no {path}, so images that were trained on are not left out; BuildDataset.py writes it")
    return None


if __name__ == "__main__":
    sys.exit(main())
