"""Tests trained networks on a split: accuracy with its interval, F1, figures per emotion, confusion matrix.

BuildDataset.py and TrainNetwork.py come before.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import add_image_options, classes_option, new_parser, variant_of
from emotion_recognition.evaluation.prediction_settings import PIXEL_RANGES, PredictionSettings
from emotion_recognition.evaluation.views import TTA
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import FER2013, Workspace

if TYPE_CHECKING:
    from emotion_recognition.data.files.hdf5 import Split

EPILOG = """Writes the report as text and JSON, the confusion matrix and the reliability diagram as pictures, beside
the model, or into output/ for several models. Probabilities are calibrated with the temperature in the model's card.
The figures of one model, in the default pixel range and without --tta, go into its card too."""

_LONGEST_NAME = 100

#: Stands for ``--predict`` without a file.
_BUILT = Path()


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Tests trained networks on one of FER2013's HDF5 splits.", EPILOG)
    defaults = PredictionSettings()
    parser.add_argument(
        "-im",
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
    parser.add_argument(
        "--pixel_range",
        choices=PIXEL_RANGES,
        default=defaults.pixel_range,
        help="range of pixel values that the networks expect",
    )
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
    arguments = build_parser().parse_args(_joined_ranges(sys.argv[1:] if argv is None else argv))
    return exit_status(lambda: _test(arguments))


def _test(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    settings = PredictionSettings(arguments.batch_size, arguments.pixel_range, arguments.tta)
    if arguments.input_model is None:
        models = [workspace.released_model(arguments.num_emotions)]
    else:
        models = [workspace.find_model(name) for name in arguments.input_model]
    folder, name = _output(workspace, models, arguments.output_name)
    if arguments.predict is not None:
        _predict(arguments, models, settings, folder / f"{name}_submission.csv")
        return

    from emotion_recognition.atomic_file import replace_when_complete, write_json
    from emotion_recognition.data.files.hdf5 import read_split
    from emotion_recognition.emotions import check_same_classes

    variant = variant_of(arguments)
    path = workspace.split_path(arguments.split, arguments.num_emotions, variant=variant)
    split = read_split(path)
    check_same_classes(arguments.class_names, classes_option(arguments), split.class_names, str(path))
    train = _train_split(workspace.split_path("train", arguments.num_emotions, variant=variant))

    import_keras()
    from emotion_recognition import plots
    from emotion_recognition.evaluation.evaluate import evaluate_files
    from emotion_recognition.evaluation.gallery import choose_gallery
    from emotion_recognition.evaluation.report import headline, to_json, to_text
    from emotion_recognition.models.card import record_metrics

    evaluation = evaluate_files(models, split, settings, train=train, progress=True)
    text = to_text(evaluation)
    print(text)
    stem = f"{name}_{split.split}" if arguments.labels == FER2013 else f"{name}_{arguments.labels}_{split.split}"
    with replace_when_complete(folder / f"{stem}_report.txt") as partial:
        partial.write_text(text, encoding="utf-8")
    write_json(folder / f"{stem}_report.json", to_json(evaluation))
    plots.draw_confusion_matrix(
        folder / f"{stem}_confusion.png", evaluation.metrics.confusion, split.class_names, headline(evaluation)
    )
    diagrams = {"before calibration": evaluation.uncalibrated, "after": evaluation.calibrated}
    plots.draw_reliability(
        folder / f"{stem}_reliability.png",
        {name: (bins.counts, bins.accuracy, bins.expected_error) for name, bins in diagrams.items()},
        headline(evaluation),
    )
    if len(models) == 1 and settings == PredictionSettings(batch_size=settings.batch_size):
        record_metrics(
            models[0],
            split.split,
            {
                **evaluation.metrics.to_json(),
                "expected_calibration_error": evaluation.calibrated.expected_error,
                "expected_calibration_error_before": evaluation.uncalibrated.expected_error,
            },
            labels=split.labels_from,
        )
    print(f"Wrote {folder / stem}_report.txt, _report.json, _confusion.png and _reliability.png")
    if arguments.gallery:
        path = folder / f"{stem}_gallery.png"
        rows = choose_gallery(split.labels, evaluation.probabilities, split.class_names)
        plots.draw_gallery(path, split.images, rows, evaluation.probabilities, split.class_names, headline(evaluation))
        print(f"Wrote {path}")


def _predict(arguments: argparse.Namespace, models: Sequence[Path], settings: PredictionSettings, output: Path) -> None:
    from emotion_recognition.data.files.unlabelled import read_unlabelled
    from emotion_recognition.data.sources.fer2013.csv_reader import read_images

    if arguments.predict == _BUILT:
        source = Workspace(arguments.base_path).unlabelled_path(variant=variant_of(arguments))
        images = read_unlabelled(source)
    else:
        source = arguments.predict
        images = read_images(source)

    import_keras()
    from emotion_recognition.evaluation.submission import predict_labels, write_submission

    labels = predict_labels(models, images, arguments.class_names, settings, progress=True)
    write_submission(output, labels, arguments.class_names)
    print(f"{len(labels):,} images of {source}")
    print(f"Wrote {output}")


def _train_split(path: Path) -> "Split | None":
    from emotion_recognition.data.files.hdf5 import read_split

    if path.is_file():
        return read_split(path)
    print(f"note: there is no {path}, so images that were trained on are not left out; BuildDataset.py writes it")
    return None


def _output(workspace: Workspace, models: Sequence[Path], given: str | None) -> tuple[Path, str]:
    """The folder of the output files and what their names start with."""
    folder = models[0].parent if len(models) == 1 else workspace.output_folder
    name = "+".join(model.stem for model in models) if given is None else given
    if Path(name).name != name or len(name) > _LONGEST_NAME:
        raise ValueError(
            f"--output_name must be a name without a folder and of at most {_LONGEST_NAME} characters. Received: {name}"
        )
    return folder, name


def _joined_ranges(arguments: Sequence[str]) -> list[str]:
    """Turns ``--pixel_range -1..1`` into ``--pixel_range=-1..1``: argparse takes what starts with "-" for an option."""
    joined: list[str] = []
    for argument in arguments:
        if argument in PIXEL_RANGES and joined and joined[-1].startswith("--"):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


if __name__ == "__main__":
    sys.exit(main())
