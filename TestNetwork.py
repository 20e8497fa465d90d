"""Tests trained networks on a split or on labelled photographs: accuracy, F1, figures per emotion, confusion matrix.

BuildDataset.py and TrainNetwork.py come before.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from emotion_recognition.command_line.built_files import built_file, train_split
from emotion_recognition.command_line.exit_status import SOME_BAD, exit_status
from emotion_recognition.command_line.model_options import (
    add_model_options,
    add_runtime_option,
    joined_ranges,
    model_options,
)
from emotion_recognition.command_line.parsers import add_image_options, classes_option, new_parser, path_text
from emotion_recognition.command_line.photograph_options import add_photograph_options, check_photograph_options
from emotion_recognition.command_line.photograph_test import run_on_photographs
from emotion_recognition.emotions import class_order
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.views import TTA
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.quantity import quantity
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import CHANNELS, IMAGE_SIZES, Workspace, find_released_model

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
        type=path_text,
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
    _check_predict_options(arguments)
    workspace = Workspace(arguments.base_path)
    settings = PredictionSettings(arguments.batch_size, arguments.tta)
    if arguments.input_model is None:
        models = [workspace.released_model(arguments.num_emotions)]
        if arguments.photos is not None:
            # What reads them in detection, wherever that finds it.
            with contextlib.suppress(FileNotFoundError):
                models = [find_released_model(arguments.num_emotions, workspace)]
    else:
        models = [workspace.find_model(name) for name in arguments.input_model]

    from emotion_recognition.evaluation.output_names import output_stem

    stem = output_stem(models, workspace.output_folder, arguments.output_name)
    if arguments.photos is not None:
        if arguments.input_model is None:
            stem = workspace.output_folder / stem.name
        return run_on_photographs(arguments, workspace, models, stem)
    if arguments.predict is not None:
        _predict(arguments, models, settings, stem.with_name(f"{stem.name}_submission.csv"))
    else:
        _test_split(arguments, workspace, models, settings, stem)
    return 0


def _check_predict_options(arguments: argparse.Namespace) -> None:
    given = {"--split": arguments.split is not None, "--gallery": arguments.gallery}
    if arguments.predict != _BUILT:
        given |= {
            "--image_size": arguments.image_size != IMAGE_SIZES[0],
            "--channels": arguments.channels != CHANNELS[0],
        }
    if arguments.predict is not None and any(given.values()):
        names = " and ".join(name for name, is_given in given.items() if is_given)
        raise ValueError(f"--predict takes the images as they are and has no labels; leave out {names}.")


def _test_split(
    arguments: argparse.Namespace,
    workspace: Workspace,
    models: Sequence[Path],
    settings: PredictionSettings,
    stem: Path,
) -> None:
    from emotion_recognition.data.files.hdf5 import check_same_build, read_split

    count, role = arguments.num_emotions, arguments.split or "test"
    variant, path = built_file(arguments, lambda build: workspace.split_path(role, count, variant=build))
    split = read_split(path, role=role)
    class_order(arguments.class_names, classes_option(arguments), split.class_names, str(path))
    train = train_split(workspace.split_path("train", count, variant=variant))
    if train is not None:
        check_same_build(split, train)

    import_keras()
    from emotion_recognition.evaluation.ensemble import Ensemble
    from emotion_recognition.evaluation.evaluate import evaluate
    from emotion_recognition.evaluation.report import to_text
    from emotion_recognition.evaluation.report_files import record_in_card, write_gallery, write_report
    from emotion_recognition.models.card import read_card

    options = model_options(arguments)
    ensemble = Ensemble.from_files(
        models, split.class_names, options, named_by=f"the {split.split} split", runtime=arguments.runtime
    )
    evaluation = evaluate(ensemble, split, settings, train=train, progress=True)
    # What is not as the cards say must be told from a report that is.
    evaluation = replace(evaluation, notes=(*evaluation.notes, *_chosen(options, ensemble.runtimes)))
    print(to_text(evaluation))
    start = write_report(evaluation, stem)
    usual = settings.tta == PredictionSettings.tta and options == ModelOptions(options.class_names)
    if len(models) == 1 and usual and arguments.runtime is None:
        keeps = not record_in_card(evaluation, models[0]) and read_card(models[0]) is not None
        if keeps:
            print(f"note: the card of {models[0].name} keeps its figures, which are of other data than this split")
    if ensemble.runtimes:
        print(f"runtime: {', '.join(ensemble.runtimes)}")
    print(f"Wrote {start}_report.txt, _report.json, _confusion.png and _reliability.png")
    if arguments.gallery:
        print(f"Wrote {write_gallery(evaluation, start)}")


def _chosen(options: ModelOptions, runtimes: Sequence[str]) -> Iterator[str]:
    """What the user has chosen of how outputs come about and are read, a sentence each."""
    if options.prior_power is not None:
        yield f"the class prior is taken out to the power of {options.prior_power:g}, as --prior_power says"
    if options.output is not None:
        yield f"outputs are read as {options.output}, as --output says"
    if runtimes:
        yield f"run by {', '.join(runtimes)}"


def _predict(arguments: argparse.Namespace, models: Sequence[Path], settings: PredictionSettings, output: Path) -> None:
    from emotion_recognition.data.files.unlabelled import read_unlabelled
    from emotion_recognition.data.sources.fer2013.csv_reader import read_images

    if arguments.predict == _BUILT:
        workspace = Workspace(arguments.base_path)
        _, source = built_file(arguments, lambda build: workspace.unlabelled_path(variant=build))
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
    print(f"{quantity(len(images), 'image')} of {source}")
    print(f"Wrote {output}")


if __name__ == "__main__":
    sys.exit(main())
