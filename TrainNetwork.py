"""Trains a network on the HDF5 splits, or goes on with a trained one at a tenth of its rate.

BuildDataset.py comes before; TestNetwork.py comes next.
"""

import argparse
import sys
from dataclasses import fields, replace
from typing import Any

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import (
    add_image_options,
    classes_option,
    new_parser,
    variant_of,
    whole_number_or_none,
)
from emotion_recognition.data.batches.augmentation import Augmentation, parse_augmentation
from emotion_recognition.data.files.streaming import STREAM_ABOVE_GIB
from emotion_recognition.models import NETWORKS
from emotion_recognition.models.export_formats import FORMATS, parse_formats
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.recipes import RECIPES, in_stages, parse_stages
from emotion_recognition.training.settings import BALANCES, OPTIMIZERS, SCHEDULES, StageSettings
from emotion_recognition.workspace import DEFAULT_MODEL_NAME, Workspace, beside

DEFAULT_RECIPE = "staged"

EXAMPLES = """
recipes:
{recipes}
  An option that is given overrides the recipe's; those without a default in this list have the recipe's.

examples:
  TrainNetwork.py -n 7                                       all stages of the classic run
  TrainNetwork.py -n 7 --stages 1e-3:60,1e-4:20              the same with other stages
  TrainNetwork.py -n 7 -epochs 60 -om stage1.keras           one stage at a time: from scratch,
  TrainNetwork.py -n 7 -epochs 20 -im stage1.keras           then at a tenth of stage1's rate
  TrainNetwork.py -n 7 --recipe record -epochs 120 --mixed_precision
  TrainNetwork.py --export onnx,litert,saved_model -im stage1.keras   what applications run, without training
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    recipes = "\n".join(f"  {name:<10} {recipe.summary}" for name, recipe in RECIPES.items())
    parser = new_parser("Trains a network on FER2013's HDF5 splits.", EXAMPLES.format(recipes=recipes))
    add_image_options(parser)
    add = parser.add_argument
    add("-im", "--input_model", help="trained model to go on with: a name in output/ or a path")
    add("-om", "--output_model", help=f"name in output/ or path to write (default: {DEFAULT_MODEL_NAME})")
    add("--recipe", choices=tuple(RECIPES), default=DEFAULT_RECIPE, help="a named set of the options below")
    add(
        "--stages",
        metavar="RATE:EPOCHS,...",
        help="rate and most epochs of each stage (default: those of the recipe, unless -lr, -epochs or -im is given)",
    )
    add(
        "-lr",
        "--learning_rate",
        type=float,
        help="the optimizer's rate, or its highest one (default from an input model: a tenth of that model's own)",
    )
    add("-epochs", "--number_of_epochs", dest="epochs", type=int, help="most epochs; with a schedule, exactly as many")
    add("--network", choices=NETWORKS, help="architecture of a new network")
    add("--new_head", action="store_true", help="give the input model a new last layer for -n emotions")
    add("--batch_size", type=int, help="images per step")
    add(
        "--patience",
        type=whole_number_or_none,
        default=argparse.SUPPRESS,
        metavar="N|none",
        help="epochs without a lower validation loss before the stop",
    )
    add("--optimizer", choices=OPTIMIZERS)
    add("--schedule", choices=SCHEDULES, help="how the rate goes within a stage")
    add("--weight_decay", type=float, help="share of each kernel that a step takes away, times the rate")
    add("--label_smoothing", type=float, help="share of the target that all classes get alike, 0..1")
    add("--votes", type=float, help="weight of a second loss, on predicting FER+'s votes; the data set must have them")
    add("--ferplus_weight", type=float, help="weight of a third loss, on predicting the distribution of FER+'s votes")
    add("--ferplus_share", type=float, help="share of that prediction in the saved model's, 0..1")
    add("--ema", type=float, help="momentum of the moving average of the weights that is kept; 0 keeps the last ones")
    add("--balance", choices=BALANCES, help="for rare classes: weigh their images more, or draw them more often")
    add("--augmentation", metavar="NAME=VALUE,...|none", help="random changes, for instance rotation=12,erase=0.25")
    add(
        "--clean_statistics",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="compute batch normalisation's figures anew on unchanged images, after the last epoch",
    )
    add("--seed", type=int, default=StageSettings().seed, help="start of all random numbers")
    add("--mixed_precision", action="store_true", help="compute in bfloat16, keep weights in float32")
    add(
        "--stream_above",
        type=float,
        default=STREAM_ABOVE_GIB,
        metavar="GIB",
        help="read images from the file while training where they take more than this; 0 always does",
    )
    add("--tensorboard", action="store_true", help="write TensorBoard logs beside the output model")
    add(
        "--export",
        metavar="FORMAT,...",
        help=f"copies to write beside the model, some of {','.join(FORMATS)} (training always writes onnx); "
        "with -im and without -om, nothing is trained",
    )
    add("--resume", action="store_true", help="go on with the interrupted run of this output model")
    return parser


def _stages(arguments: argparse.Namespace) -> list[StageSettings]:
    """The settings of every stage, from the recipe and the options that override it."""
    recipe = RECIPES[arguments.recipe]()
    names = {field.name for field in fields(StageSettings)} - {"augmentation", "patience"}
    given: dict[str, Any] = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if "patience" in arguments:
        given["patience"] = arguments.patience
    if arguments.augmentation is not None:
        given["augmentation"] = parse_augmentation(arguments.augmentation, recipe.augmentation or Augmentation())
    settings: StageSettings = replace(recipe, **given)
    single = [name for name in ("learning_rate", "epochs", "input_model") if getattr(arguments, name) is not None]
    if arguments.stages is not None:
        if "input_model" in single:
            single.remove("input_model")
        if single:
            raise ValueError("--stages has the rates and epochs of all stages; leave out -lr and -epochs.")
        return in_stages(settings, parse_stages(arguments.stages))
    return in_stages(settings, recipe.stages) if recipe.stages and not single else [settings]


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    export_alone = arguments.export is not None and arguments.input_model is not None and arguments.output_model is None
    return exit_status(lambda: _export(arguments) if export_alone else _train(arguments))


def _export(arguments: argparse.Namespace) -> None:
    formats = parse_formats(arguments.export)
    model = Workspace(arguments.base_path).find_model(arguments.input_model)

    import_keras()
    from emotion_recognition.models.export import export_model

    print(f"Wrote {', '.join(map(str, export_model(model, formats)))}")


def _train(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    output = workspace.new_model(arguments.output_model or DEFAULT_MODEL_NAME)
    formats = () if arguments.export is None else parse_formats(arguments.export)

    stages = _stages(arguments)
    import_keras()
    import numpy as np

    from emotion_recognition import plots
    from emotion_recognition.atomic_file import check_can_write
    from emotion_recognition.data.files.hdf5 import check_same_source, read_split
    from emotion_recognition.emotions import check_same_classes
    from emotion_recognition.evaluation.calibration import fit_temperature
    from emotion_recognition.evaluation.metrics import compute_metrics
    from emotion_recognition.evaluation.predictions import predict
    from emotion_recognition.models.card import write_card
    from emotion_recognition.models.export import export_trained
    from emotion_recognition.models.files import load_network, save_network
    from emotion_recognition.training.run_card import run_card
    from emotion_recognition.training.stages import RunResult, fit_stages
    from emotion_recognition.training.start import open_start, tensorboard

    variant = variant_of(arguments)
    paths = (workspace.split_path(split, arguments.num_emotions, variant=variant) for split in ("train", "val"))
    if not arguments.stream_above >= 0:
        raise ValueError(f"--stream_above must be at least 0 GiB. Received: {arguments.stream_above:g}")
    train, val = (read_split(path, stream_above=arguments.stream_above) for path in paths)
    for split in (train, val):
        check_same_classes(
            arguments.class_names, classes_option(arguments), split.class_names, f"The {split.split} split"
        )
    check_same_source(train, val)
    start = open_start(
        train,
        stages[0],
        network_name=arguments.network
        or (RECIPES[arguments.recipe].network if arguments.input_model is None else None),
        input_model=None if arguments.input_model is None else workspace.find_model(arguments.input_model),
        new_head=arguments.new_head,
        lower_rate=arguments.learning_rate is None and arguments.stages is None,
    )
    stages[0] = replace(stages[0], learning_rate=start.learning_rate)
    check_can_write(output)
    print(start.description)
    print(f"{len(train):,} training and {len(val):,} validation images; writes {output}", flush=True)
    if isinstance(train.images, np.memmap):
        print(f"the training images stay in their file and are read from it ({train.images.nbytes / 2**30:.2f} GiB)")

    def save(run: RunResult) -> None:
        save_network(start.network, output)
        # The figures are those of the file as others will read it, in float32.
        probabilities = predict(load_network(output), val.images).probabilities
        metrics = compute_metrics(val.labels, probabilities, val.class_names)
        card = run_card(start.network, start.network_name, train, val, run.entries, metrics.to_json())
        write_card(output, {**card, "calibration": fit_temperature(val.labels, probabilities).to_json()})
        last, best = run.entries[-1], run.rows[run.best_row]
        print(
            f"Best epoch {last['best_epoch']} of {last['epochs_run']}: "
            f"validation loss {best['val_loss']:.4f}, accuracy of the saved model {metrics.accuracy:.2%}",
            flush=True,
        )

    run = fit_stages(
        start,
        train,
        val,
        stages,
        log_path=beside(output, "_log.csv"),
        resume_path=beside(output, ".resume.h5"),
        resume=arguments.resume,
        save=save,
        callbacks=tensorboard(beside(output, "_tensorboard")) if arguments.tensorboard else (),
        verbose=1 if sys.stdout.isatty() else 2,
    )
    copies, no_copy = export_trained(output, formats)
    plots.draw_training_curves(beside(output, "_curves.png"), run.rows, run.best_row + 1, output.name)
    drawing = plots.draw_network(beside(output, "_network"), start.network)
    print(f"Wrote {output}, its card, log and curves; {drawing}")
    print("\n".join([f"Wrote {copy}" for copy in copies] + [no_copy] * bool(no_copy)))


if __name__ == "__main__":
    sys.exit(main())
