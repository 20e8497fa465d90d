"""Tests trained networks on a split: accuracy with its interval, F1, figures per emotion, confusion matrix.

BuildDataset.py and TrainNetwork.py come before.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.model_options import add_model_options, joined_ranges, model_options
from emotion_recognition.command_line.parsers import add_image_options, classes_option, new_parser, variant_of
from emotion_recognition.emotions import CLASS_COUNTS, class_names, class_order
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.views import TTA
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import Variant, Workspace

if TYPE_CHECKING:
    from emotion_recognition.data.files.hdf5 import Split

EPILOG = """Writes the report as text and JSON, the confusion matrix and the reliability diagram as pictures, beside
the model, or into output/ for several models. Probabilities are calibrated with the temperature in the model's card.
The figures of one model go into its card too, unless --tta, --pixel_range, --interpolation or --output is given.

other people's models: --classes names the outputs of a model without a card, in their order, for instance
  TestNetwork.py -im theirs.h5 --classes angry,disgust,fear,happy,neutral,sad,surprise --pixel_range 0..1"""

#: Stands for ``--predict`` without a file.
_BUILT = Path()


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Tests trained networks on one of FER2013's HDF5 splits.", EPILOG)
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
    parser.add_argument("--split", choices=("test", "val"), default="test", help="which images; choose models on val")
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
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(joined_ranges(sys.argv[1:] if argv is None else argv))
    return exit_status(lambda: _test(arguments))


def _test(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    settings = PredictionSettings(arguments.batch_size, arguments.tta)
    options = model_options(arguments)
    if arguments.input_model is None:
        models = [workspace.released_model(arguments.num_emotions)]
    else:
        models = [workspace.find_model(name) for name in arguments.input_model]

    from emotion_recognition.evaluation.output_names import output_stem

    stem = output_stem(models, workspace.output_folder, arguments.output_name)
    if arguments.predict is not None:
        _predict(arguments, models, settings, stem.with_name(f"{stem.name}_submission.csv"))
        return

    from emotion_recognition.data.files.hdf5 import check_same_build, read_split

    count = arguments.num_emotions
    variant, path = _find(arguments, lambda build: workspace.split_path(arguments.split, count, variant=build))
    split = read_split(path, role=arguments.split)
    class_order(arguments.class_names, classes_option(arguments), split.class_names, str(path))
    train = _train_split(workspace.split_path("train", count, variant=variant))
    if train is not None:
        check_same_build(split, train)

    import_keras()
    from emotion_recognition.evaluation.ensemble import Ensemble
    from emotion_recognition.evaluation.evaluate import evaluate
    from emotion_recognition.evaluation.report import to_text
    from emotion_recognition.evaluation.report_files import record_in_card, write_gallery, write_report

    ensemble = Ensemble.from_files(models, split.class_names, options, named_by=f"the {split.split} split")
    evaluation = evaluate(ensemble, split, settings, train=train, progress=True)
    print(to_text(evaluation))
    start = write_report(evaluation, stem)
    if len(models) == 1 and settings.tta == PredictionSettings.tta and options == ModelOptions(options.class_names):
        record_in_card(evaluation, models[0])
    print(f"Wrote {start}_report.txt, _report.json, _confusion.png and _reliability.png")
    if arguments.gallery:
        print(f"Wrote {write_gallery(evaluation, start)}")


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
    ensemble = Ensemble.from_files(models, names, model_options(arguments), named_by="the choice of classes")
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
