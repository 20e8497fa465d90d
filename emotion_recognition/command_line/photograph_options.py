"""The options of TestNetwork.py for labelled photographs, and which of its others go with them."""

import argparse

from emotion_recognition.command_line.detection_options import add_detector_options, given_detector_options
from emotion_recognition.command_line.parsers import path_text, refuse_given
from emotion_recognition.evaluation.photographs.prior_fits import CLASSES, POWER
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.workspace import CHANNELS, FER2013, IMAGE_SIZES


def add_photograph_options(parser: argparse.ArgumentParser) -> None:
    """Adds ``--photos`` and ``--mirrored``, and the options of the face detector."""
    group = parser.add_argument_group("photographs, in place of a split")
    group.add_argument(
        "--photos",
        type=path_text,
        metavar="PATH",
        help="test on labelled photographs: a folder with a folder for each class, a CSV with the columns file, label "
        "and perhaps source, or a folder with such a labels.csv; faces are found, cropped and classified as in "
        "detection, and a photograph without a found face counts as wrong",
    )
    group.add_argument(
        "--mirrored",
        action="store_true",
        help="average what is said of each face and of its mirror image, as in detection",
    )
    group.add_argument(
        "--fit_prior",
        nargs="?",
        choices=(POWER, CLASSES),
        const=POWER,
        help="fit the power of --prior_power to the photographs, or a number for each class, for a model whose card "
        "has its class shares or names a training split that is built (without a value: power)",
    )
    group.add_argument(
        "--fit_temperature", action="store_true", help="fit the temperature of the probabilities to the photographs"
    )
    group.add_argument(
        "--keep", action="store_true", help="write what was fitted into the card of the model that -im names"
    )
    add_detector_options(group)


def check_photograph_options(arguments: argparse.Namespace) -> None:
    """Refuses options that do not go together.

    Raises:
        ValueError: If an option is given that is for photographs without ``--photos``, or for splits with it.
    """
    if arguments.photos is None:
        refuse_given(_of_photographs(arguments), "needs --photos")
    else:
        refuse_given(_of_splits(arguments), "does not go with --photos")
        _check_fit(arguments)


def _check_fit(arguments: argparse.Namespace) -> None:
    fits = arguments.fit_prior is not None or arguments.fit_temperature
    if arguments.keep and not fits:
        raise ValueError("--keep needs --fit_prior or --fit_temperature.")
    if fits and arguments.input_model is not None and len(arguments.input_model) > 1:
        raise ValueError("--fit_prior and --fit_temperature are for a single model.")
    if fits and arguments.mirrored:
        raise ValueError("--fit_prior and --fit_temperature look at each face once; leave out --mirrored.")
    if arguments.fit_prior and arguments.prior_power is not None:
        raise ValueError("--fit_prior finds the power; leave out --prior_power.")
    if arguments.keep and arguments.input_model is None:
        raise ValueError("--keep needs the model that is to be changed: name it with -im.")
    others = (arguments.pixel_range, arguments.interpolation, arguments.output, arguments.prior_power)
    if arguments.keep and any(value is not None for value in others):
        raise ValueError(
            "--keep is for what the card says of its model; leave out --pixel_range, --interpolation, --output and "
            "--prior_power, or write them into the card."
        )


def _of_photographs(arguments: argparse.Namespace) -> dict[str, bool]:
    """Whether each option that is for photographs alone is given."""
    return {
        "--mirrored": arguments.mirrored,
        "--fit_prior": arguments.fit_prior is not None,
        "--fit_temperature": arguments.fit_temperature,
        "--keep": arguments.keep,
        **given_detector_options(arguments),
    }


def _of_splits(arguments: argparse.Namespace) -> dict[str, bool]:
    """Whether each option that is for splits alone is given."""
    return {
        "--split": arguments.split is not None,
        "--predict": arguments.predict is not None,
        "--tta, which is --mirrored here,": arguments.tta != "none",
        "--gallery": arguments.gallery,
        "--batch_size": arguments.batch_size != PredictionSettings.batch_size,
        "--image_size": arguments.image_size != IMAGE_SIZES[0],
        "--channels": arguments.channels != CHANNELS[0],
        "--labels": arguments.labels != FER2013,
    }
