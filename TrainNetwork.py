"""Trains a network on the HDF5 splits, or goes on with a trained one at a tenth of its rate.

BuildDataset.py comes before; TestNetwork.py comes next.
"""

import argparse
import sys
from dataclasses import replace

from emotion_recognition.command_line import exit_status, new_parser
from emotion_recognition.models import NETWORKS
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.workspace import DEFAULT_MODEL_NAME, Workspace, beside

EXAMPLES = """
example: train from scratch, then fine-tune twice, each time at a tenth of the rate
  TrainNetwork.py -n 7 -epochs 60 -om stage1.keras
  TrainNetwork.py -n 7 -epochs 20 -im stage1.keras -om stage2.keras
  TrainNetwork.py -n 7 -epochs 10 -im stage2.keras
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    defaults = StageSettings()
    parser = new_parser("Trains a network on FER2013's HDF5 splits.", EXAMPLES)
    parser.add_argument("-im", "--input_model", help="trained model to go on with: a name in output/ or a path")
    parser.add_argument("-om", "--output_model", default=DEFAULT_MODEL_NAME, help="name in output/ or path to write")
    parser.add_argument(
        "-lr",
        "--learning_rate",
        type=float,
        help=f"Adam's rate (default: {defaults.learning_rate:g} from scratch, else a tenth of the input model's own)",
    )
    parser.add_argument("-epochs", "--number_of_epochs", type=int, default=defaults.epochs, help="most epochs")
    parser.add_argument("--network", choices=NETWORKS, help="architecture of a new network (default: vggnet)")
    parser.add_argument("--new_head", action="store_true", help="give the input model a new last layer for -n emotions")
    parser.add_argument("--batch_size", type=int, default=defaults.batch_size, help="images per step")
    parser.add_argument(
        "--patience", type=int, default=defaults.patience, help="epochs without a lower validation loss before the stop"
    )
    parser.add_argument("--seed", type=int, default=defaults.seed, help="start of all random numbers")
    parser.add_argument("--mixed_precision", action="store_true", help="compute in bfloat16, keep weights in float32")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs beside the output model")
    parser.add_argument("--resume", action="store_true", help="go on with the interrupted run of this output model")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _train(arguments))


def _train(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    output = workspace.new_model(arguments.output_model)

    import_keras()
    from emotion_recognition import plots
    from emotion_recognition.atomic_file import check_can_write
    from emotion_recognition.data.hdf5 import check_same_source, read_split
    from emotion_recognition.emotions import check_same_classes, class_names
    from emotion_recognition.evaluation.evaluate import evaluate
    from emotion_recognition.models.card import write_card
    from emotion_recognition.models.files import load_network, save_network
    from emotion_recognition.training.run_card import run_card, stage_entry
    from emotion_recognition.training.stage import StageResult, fit_stage
    from emotion_recognition.training.start import open_start, tensorboard

    train, val = (read_split(workspace.split_path(split, arguments.num_emotions)) for split in ("train", "val"))
    for split in (train, val):
        check_same_classes(class_names(arguments.num_emotions), "-n", split.class_names, f"The {split.split} split")
    defaults = StageSettings()
    check_same_source(train, val)
    requested = StageSettings(
        learning_rate=defaults.learning_rate if arguments.learning_rate is None else arguments.learning_rate,
        epochs=arguments.number_of_epochs,
        patience=arguments.patience,
        batch_size=arguments.batch_size,
        seed=arguments.seed,
        mixed_precision=arguments.mixed_precision,
    )
    start = open_start(
        train,
        requested,
        network_name=arguments.network,
        input_model=None if arguments.input_model is None else workspace.find_model(arguments.input_model),
        new_head=arguments.new_head,
        lower_rate=arguments.learning_rate is None,
    )
    settings = replace(requested, learning_rate=start.learning_rate)
    check_can_write(output)
    print(start.description)
    print(f"{len(train):,} training and {len(val):,} validation images; writes {output}", flush=True)

    def save(result: StageResult) -> None:
        stage = stage_entry(settings, result, start.input_name, arguments.new_head)
        save_network(start.network, output)
        # The figures are those of the file as others will read it, in float32.
        metrics = evaluate([load_network(output)], val)
        val_metrics = {**metrics.to_json(), "loss": result.best_row["val_loss"]}
        card = run_card(start.network, start.network_name, train, val, [*start.stages, stage], val_metrics)
        write_card(output, card)
        print(
            f"Best epoch {result.best_epoch} of {len(result.rows)}: "
            f"validation loss {result.best_row['val_loss']:.4f}, accuracy {metrics.accuracy:.2%}"
        )

    result = fit_stage(
        start.network,
        train,
        val,
        settings,
        log_path=beside(output, "_log.csv"),
        resume_path=beside(output, ".resume.h5"),
        resume=arguments.resume,
        identity=start.identity,
        save=save,
        callbacks=tensorboard(beside(output, "_tensorboard")) if arguments.tensorboard else (),
        verbose=1 if sys.stdout.isatty() else 2,
    )
    plots.draw_training_curves(beside(output, "_curves.png"), result.rows, result.best_epoch, output.name)
    drawing = plots.draw_network(beside(output, "_network"), start.network)
    print(f"Wrote {output}, its card, log and curves; {drawing}")


if __name__ == "__main__":
    sys.exit(main())
