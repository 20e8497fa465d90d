"""Trains the project's own face detector on photographs with face boxes, or goes on with a trained one.

BuildDataset.py --faces comes before; EmotionDetector.py comes next.
"""

import argparse
import functools
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_faces_parser, whole_number_or_none
from emotion_recognition.data.batches.augmentation import parse_augmentation
from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.face_ssd.settings import SIZE_STEP, FaceStageSettings
from emotion_recognition.training.recipes import in_stages, parse_stages
from emotion_recognition.training.settings import OPTIMIZERS, SCHEDULES
from emotion_recognition.workspace import DEFAULT_FACE_DETECTOR_NAME, FACE_SPLITS, Workspace, beside

if TYPE_CHECKING:
    import numpy as np

    from emotion_recognition.pictures.faces import Face

#: Boxes down to this score take part in average precision and in the calibration of scores.
LOWEST_CONFIDENCE = 0.01

EXAMPLES = """
examples:
  TrainFaceDetector.py --mixed_precision                       from scratch
  TrainFaceDetector.py --mixed_precision --resume              go on after an interruption
  TrainFaceDetector.py -im face_ssd.keras -lr 5e-4 -epochs 10  go on with a trained detector, on new pictures perhaps
  TrainFaceDetector.py --schedule constant --patience 5 --stages 1e-3:60,1e-4:20
  TrainFaceDetector.py --export -im face_ssd.keras             write its ONNX copy anew, without training
  EmotionDetector.py --detector ssd --detector_model FacialExpressionRecognition/output/face_ssd_final.onnx
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_faces_parser(
        "Trains the face detector on the HDF5 splits that BuildDataset.py --faces writes.", EXAMPLES
    )
    defaults = FaceStageSettings()
    add = parser.add_argument
    add("-im", "--input_model", help="trained detector to go on with: a name in output/ or a path")
    add("-om", "--output_model", help=f"name in output/ or path to write (default: {DEFAULT_FACE_DETECTOR_NAME})")
    add("--stages", metavar="RATE:EPOCHS,...", help="rate and most epochs of each stage, in place of -lr and -epochs")
    add(
        "-lr",
        "--learning_rate",
        type=float,
        help=f"the optimizer's rate, or its highest one (default: {defaults.learning_rate:g}; from an input model: a "
        "tenth of that model's own)",
    )
    add(
        "-epochs",
        "--number_of_epochs",
        dest="epochs",
        type=int,
        help=f"most epochs; with a schedule, exactly as many (default: {defaults.epochs})",
    )
    add("--batch_size", type=int, default=defaults.batch_size, help="pictures per step")
    add(
        "--size",
        type=int,
        default=defaults.size,
        help=f"height and width of the network's input in training, a multiple of {SIZE_STEP}; detection may choose "
        "another",
    )
    add(
        "--patience",
        type=whole_number_or_none,
        metavar="N|none",
        help="epochs without a lower validation loss before the stop; needs --schedule constant (default: none)",
    )
    add("--optimizer", choices=OPTIMIZERS, default=defaults.optimizer)
    add("--schedule", choices=SCHEDULES, default=defaults.schedule, help="how the rate goes within a stage")
    add(
        "--weight_decay",
        type=float,
        default=defaults.weight_decay,
        help="share of each kernel that a step takes away, times the rate",
    )
    add(
        "--ema",
        type=float,
        default=defaults.ema,
        help="momentum of the moving average of the weights that is kept; 0 keeps the last ones",
    )
    add("--augmentation", metavar="NAME=VALUE,...|none", help="random changes, for instance mosaic=0.3,rotation=10")
    add("--seed", type=int, default=defaults.seed, help="start of all random numbers")
    add(
        "--min_confidence",
        type=float,
        metavar="SCORE",
        help="the score, 0..1, that the card states as the lowest one of a face (default: what detection takes, 0.5)",
    )
    add("--note", metavar="TEXT", help="a sentence for the card, for instance on what terms the pictures were had")
    add("--mixed_precision", action="store_true", help="compute in bfloat16, keep weights in float32")
    add("--export", action="store_true", help="with -im: only write the ONNX copy beside that model, without training")
    add("--resume", action="store_true", help="go on with the interrupted run of this output model")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _export(arguments) if arguments.export else _train(arguments))


def _export(arguments: argparse.Namespace) -> None:
    if arguments.input_model is None:
        raise ValueError("--export needs the model to export: -im MODEL.")
    if arguments.output_model is not None:
        raise ValueError("--export writes the copy beside the input model; leave out -om.")
    model = Workspace(arguments.base_path).find_model(arguments.input_model)
    import_keras()
    from emotion_recognition.models.face_ssd.export import export_face_ssd

    print(f"Wrote {export_face_ssd(model)}")


def _stages(arguments: argparse.Namespace) -> list[FaceStageSettings]:
    names = {field.name for field in fields(FaceStageSettings)} & set(vars(arguments)) - {"augmentation"}
    given: dict[str, Any] = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if arguments.augmentation is not None:
        given["augmentation"] = parse_augmentation(arguments.augmentation, FaceAugmentation())
    if arguments.stages is None:
        return [FaceStageSettings(**given)]
    if arguments.learning_rate is not None or arguments.epochs is not None:
        raise ValueError("--stages has the rates and epochs of all stages; leave out -lr and -epochs.")
    return in_stages(FaceStageSettings(**given), parse_stages(arguments.stages))


def _train(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    output = workspace.new_model(arguments.output_model or DEFAULT_FACE_DETECTOR_NAME)
    if output.suffix != ".keras":
        raise ValueError(f"The detector's file must end in .keras. Received: {output}")
    stages = _stages(arguments)
    input_model = None if arguments.input_model is None else workspace.find_model(arguments.input_model)
    import_keras()

    from emotion_recognition import plots
    from emotion_recognition.atomic_file import check_can_write
    from emotion_recognition.data.face_pictures.hdf5 import read_face_split
    from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
    from emotion_recognition.detection.face_detectors.settings import DetectionSettings
    from emotion_recognition.evaluation.face_detection.calibrated_saving import save_calibrated
    from emotion_recognition.training.face_ssd.run_card import face_card
    from emotion_recognition.training.face_ssd.stage import fit_face_stage
    from emotion_recognition.training.face_ssd.start import open_face_start
    from emotion_recognition.training.stages import RunResult, fit_stages

    # Refuses what no detector could be opened with.
    detection = DetectionSettings()
    if arguments.min_confidence is not None:
        detection = replace(detection, min_confidence=arguments.min_confidence)
    confidence = detection.min_confidence
    train, val = (read_face_split(workspace.face_split_path(split)) for split in FACE_SPLITS)
    if val.ignored.all():
        raise ValueError(f"The {val.split} split has no face that counts, so no detector can be measured on it.")
    begin = open_face_start(
        train,
        stages[0],
        input_model=input_model,
        lower_rate=arguments.learning_rate is None and arguments.stages is None,
    )
    stages[0] = replace(stages[0], learning_rate=begin.start.learning_rate)
    check_can_write(output)
    print(begin.start.description)
    print(f"{len(train):,} training and {len(val):,} validation pictures; writes {output}", flush=True)

    def open_copy(path: Path) -> "Callable[[np.ndarray], list[Face]]":
        return FaceSsdDetector(path, DetectionSettings(min_confidence=LOWEST_CONFIDENCE)).detect

    def save(run: RunResult) -> None:
        card = face_card(
            begin.start.network,
            begin.priors,
            stages[0].size,
            train,
            val,
            run.entries,
            note=arguments.note,
            min_confidence=arguments.min_confidence,
        )
        saved = save_calibrated(begin.start.network, output, card, val, open_copy=open_copy, confidence=confidence)
        figures = saved.metrics
        print(
            f"Average precision on val {figures['average_precision_50']:.3f} at an overlap of 0.5, "
            f"{figures['average_precision_50_95']:.3f} at 0.5 to 0.95; at a confidence of {confidence:g}, "
            f"precision {figures['precision']:.1%}, recall {figures['recall']:.1%}"
        )
        if saved.calibration is None:
            print(f"The scores are not calibrated, so they are no probabilities: {saved.why_uncalibrated}")
        sys.stdout.flush()

    run = fit_stages(
        begin.start,
        train,
        val,
        stages,
        fit=functools.partial(fit_face_stage, priors=begin.priors),
        log_path=beside(output, "_log.csv"),
        resume_path=beside(output, ".resume.h5"),
        resume=arguments.resume,
        save=save,
        verbose=1 if sys.stdout.isatty() else 2,
    )
    plots.draw_training_curves(beside(output, "_curves.png"), run.rows, run.best_row + 1, output.name)
    print(f"Wrote {output}, its card, ONNX copy, log and curves")


if __name__ == "__main__":
    sys.exit(main())
