"""The options for what decides the result of training a classifier, beside those of every network.

Importing this module imports neither Keras nor TensorFlow.
"""

import argparse

from emotion_recognition.command_line.parsers import add_former_option
from emotion_recognition.command_line.training_options import add_setting
from emotion_recognition.training.recipes import parse_crop
from emotion_recognition.training.settings import BALANCES, USUAL_TEACHER_WEIGHT, StageSettings


def add_classifier_settings(parser: argparse.ArgumentParser) -> None:
    """Adds an option for each field that :class:`~emotion_recognition.training.settings.StageSettings` adds.

    A setting that is not given has no entry in what is parsed. What stages freeze is there as the text ``freezes``, or
    None. Augmentation is among the options of every network.
    """
    add_setting(
        parser,
        "--label_smoothing",
        type=float,
        help="share of each target that is spread evenly over all classes, 0..1",
    )
    add_setting(
        parser,
        "--votes_weight",
        type=float,
        help="weight of a second loss, on predicting FER+'s votes; the data set must have them",
    )
    add_former_option(parser, "--votes", "is now called --votes_weight")
    add_setting(
        parser,
        "--ferplus_weight",
        type=float,
        help="weight of a third loss, on predicting the distribution over the classes that FER+'s votes make",
    )
    add_setting(
        parser,
        "--ferplus_share",
        type=float,
        help="weight, 0..1, of that prediction in the saved model's, which is a geometric mean of the two",
    )
    parser.add_argument(
        "--teacher",
        metavar="MODEL,...",
        help="trained models whose probabilities the network learns beside the labels (knowledge distillation); "
        "several are averaged",
    )
    add_setting(
        parser,
        "--teacher_weight",
        type=float,
        help="how much of each target is the teacher's, 0..1; the rest is the label's (default: "
        f"{USUAL_TEACHER_WEIGHT:g} with --teacher)",
    )
    add_setting(
        parser,
        "--teacher_temperature",
        type=float,
        help="what the logits of the teacher are divided by; above 1 softens its probabilities (default: "
        f"{StageSettings().teacher_temperature:g})",
    )
    add_setting(
        parser,
        "--teacher_views",
        action="store_true",
        help="the teacher looks at each image as the network sees it, changed and mixed, and not once at every image",
    )
    parser.add_argument(
        "--unlabelled",
        metavar="FILE.hdf5",
        help="more images, without labels, of which the teacher alone says something; needs --teacher_views",
    )
    add_setting(
        parser,
        "--mixup",
        type=float,
        help="mix pairs of images and their targets, by shares from Beta(MIXUP, MIXUP); 0 mixes none",
    )
    add_setting(
        parser,
        "--prior_power",
        type=float,
        help="power, 0..2, of the class shares that the saved model's probabilities are divided by",
    )
    add_setting(
        parser, "--balance", choices=BALANCES, help="for rare classes: weigh their images more, or draw them more often"
    )
    add_setting(
        parser,
        "--random_crop",
        type=_crop,
        metavar="RESIZE:CROP|none",
        help="resize images to RESIZE pixels; the network sees a square of CROP pixels, from a random place in "
        "training and the middle afterwards, as part of the saved model",
    )
    parser.add_argument(
        "--freeze",
        dest="freezes",
        metavar="all|N|none",
        help="what a stage leaves as it is: the backbone, the first N layers of it, or nothing; one for all stages, or "
        "one for each with commas between them (default: the recipe's)",
    )
    add_setting(
        parser,
        "--clean_statistics",
        action=argparse.BooleanOptionalAction,
        help="recompute the batch-normalization statistics on unaugmented images after the last epoch",
    )


def _crop(text: str) -> tuple[int, int] | None:
    try:
        return parse_crop(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
