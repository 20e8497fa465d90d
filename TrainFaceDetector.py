"""Trains the project's own face detector on photographs with face boxes, or continues from a trained one.

BuildFaceDataset.py comes before; EmotionDetector.py comes next.
"""

import argparse
import contextlib
import functools
import sys
from dataclasses import replace

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import add_former_option, new_faces_parser
from emotion_recognition.command_line.training_options import (
    Wording,
    add_card_options,
    add_setting,
    add_training_options,
    enter_devices,
    lowers_rate,
    only_exports,
    stage_settings,
    training_run,
)
from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.models.export_formats import FACE_DETECTOR_FORMATS, parse_formats
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.face_ssd.settings import SIZE_STEP, FaceStageSettings
from emotion_recognition.workspace import DEFAULT_FACE_DETECTOR_NAME, FACE_SPLITS, Workspace

WORDING = Wording("detector", "pictures", DEFAULT_FACE_DETECTOR_NAME, "mosaic=0.3,rotation=10", FACE_DETECTOR_FORMATS)

EXAMPLES = """
examples:
  TrainFaceDetector.py --mixed_precision                       from scratch
  TrainFaceDetector.py --mixed_precision --resume              continue after an interruption
  TrainFaceDetector.py -im face_ssd.keras -lr 5e-4 -epochs 10  continue from a trained detector, on new pictures perhaps
  TrainFaceDetector.py --schedule constant --patience 5 --stages 1e-3:60,1e-4:20
  TrainFaceDetector.py --export onnx -im face_ssd.keras        write its ONNX copy again, without training
  EmotionDetector.py --detector ssd --detector_model FacialExpressionRecognition/output/face_ssd_final.onnx
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    description = "Trains the face detector on the HDF5 splits that BuildFaceDataset.py writes."
    parser = new_faces_parser(description, EXAMPLES)
    defaults = FaceStageSettings()
    add_training_options(parser, WORDING, defaults)
    add_setting(
        parser,
        "--size",
        type=int,
        help=f"height and width of the network's input in training, a multiple of {SIZE_STEP}; detection may choose "
        f"another (default: {defaults.size})",
    )
    add_card_options(parser)
    add_former_option(parser, "--min_confidence", "is now called --card_confidence")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    with contextlib.ExitStack() as stack:
        return exit_status(
            lambda: _export(arguments) if only_exports(arguments, FaceStageSettings) else _train(arguments, stack)
        )


def _export(arguments: argparse.Namespace) -> None:
    parse_formats(arguments.export, FACE_DETECTOR_FORMATS)
    model = Workspace(arguments.base_path).find_model(arguments.input_model)
    import_keras()
    from emotion_recognition.models.face_ssd.export import export_face_ssd

    print(f"Wrote {export_face_ssd(model)}")


def _stages(arguments: argparse.Namespace) -> list[FaceStageSettings]:
    return stage_settings(arguments, FaceStageSettings(), FaceAugmentation())


def _train(arguments: argparse.Namespace, stack: contextlib.ExitStack) -> None:
    workspace = Workspace(arguments.base_path)
    output = workspace.new_model(arguments.output_model or DEFAULT_FACE_DETECTOR_NAME)
    if output.suffix != ".keras":
        raise ValueError(f"The detector's file must end in .keras. Received: {output}")
    if arguments.export is not None:
        parse_formats(arguments.export, FACE_DETECTOR_FORMATS)
    stages = _stages(arguments)
    input_model = None if arguments.input_model is None else workspace.find_model(arguments.input_model)
    import_keras()
    output = enter_devices(stack, arguments, stages, output)

    from emotion_recognition.atomic_file import check_can_write
    from emotion_recognition.data.face_pictures.hdf5 import check_same_face_build, read_face_split
    from emotion_recognition.training.face_ssd.saving import CardNotes, save_trained_detector
    from emotion_recognition.training.face_ssd.stage import fit_face_stage
    from emotion_recognition.training.face_ssd.start import open_face_start
    from emotion_recognition.training.saving import draw_curves
    from emotion_recognition.training.stages import RunResult, fit_stages

    notes = CardNotes(arguments.note, arguments.card_confidence)
    train, val = (read_face_split(workspace.face_split_path(split), role=split) for split in FACE_SPLITS)
    check_same_face_build(train, val)
    if val.ignored.all():
        raise ValueError(f"The {val.split} split has no face that counts, so no detector can be measured on it.")
    begin = open_face_start(train, stages[0], input_model=input_model, lower_rate=lowers_rate(arguments))
    stages[0] = replace(stages[0], learning_rate=begin.start.learning_rate)
    check_can_write(output)
    print(begin.start.description)
    print(f"{len(train):,} training and {len(val):,} validation pictures; writes {output}", flush=True)

    def save(done: RunResult) -> None:
        saved = save_trained_detector(begin, output, train, val, done, notes)
        figures = saved.metrics
        print(
            f"Average precision on val {figures['average_precision_50']:.3f} at an overlap of 0.5, "
            f"{figures['average_precision_50_95']:.3f} at 0.5 to 0.95; at a confidence of "
            f"{figures['confidence']:g}, precision {figures['precision']:.1%}, recall {figures['recall']:.1%}"
        )
        if saved.calibration is None:
            print(f"The scores are not calibrated, so they are no probabilities: {saved.why_uncalibrated}")
        sys.stdout.flush()

    fit = functools.partial(fit_face_stage, priors=begin.priors)
    finish = functools.partial(draw_curves, output)
    fit_stages(begin.start, train, val, stages, training_run(arguments, output), fit=fit, save=save, finish=finish)
    print(f"Wrote {output}, its card, ONNX copy, log and curves")


if __name__ == "__main__":
    sys.exit(main())
