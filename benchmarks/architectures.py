"""Trains every network of the project under one equal budget and writes a table.

The same recipe, epochs, seed and data for each. The table has parameters, operations for one image, seconds per epoch
on this machine, and the validation accuracy and log loss. A network that was trained already is not trained again: its
row is kept in OUTPUT, so that an interrupted comparison goes on where it stopped.
"""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.models import NETWORKS
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.recipes import RECIPES
from emotion_recognition.workspace import Workspace

DEFAULT_OUTPUT = Path("architectures")


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), help="what to compare")
    parser.add_argument("--recipe", choices=tuple(RECIPES), default="record", help="how each is trained")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of each")
    parser.add_argument("--seed", type=int, default=0, help="start of all random numbers")
    parser.add_argument("--mixed_precision", action="store_true", help="compute in bfloat16")
    parser.add_argument("-o", "--output", type=Path, default=DEFAULT_OUTPUT, help="folder of the rows and the table")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _compare(arguments))


def _compare(arguments: argparse.Namespace) -> None:
    import_keras()
    arguments.output.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in arguments.networks:
        budget = {key: getattr(arguments, key) for key in ("recipe", "epochs", "seed", "mixed_precision")}
        path = arguments.output / f"{name}.json"
        row = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if row.get("budget") != budget:
            row = {**_train(name, arguments), "budget": budget}
            path.write_text(json.dumps(row, indent=2) + "\n", encoding="utf-8")
        rows.append(row)
    table = _table(sorted(rows, key=lambda row: -row["val_accuracy"]))
    (arguments.output / "table.md").write_text(table, encoding="utf-8")
    print(table, end="")


def _train(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    from dataclasses import replace

    from emotion_recognition.data.files.hdf5 import read_split
    from emotion_recognition.evaluation.calibration import log_loss
    from emotion_recognition.evaluation.metrics import compute_metrics
    from emotion_recognition.evaluation.predictions import predict
    from emotion_recognition.training.run import TrainingRun
    from emotion_recognition.training.stages import fit_stages
    from emotion_recognition.training.start import open_start

    workspace = Workspace(arguments.base_path)
    train, val = (read_split(workspace.split_path(split, arguments.num_emotions)) for split in ("train", "val"))
    settings = replace(
        RECIPES[arguments.recipe](),
        epochs=arguments.epochs,
        seed=arguments.seed,
        mixed_precision=arguments.mixed_precision,
    )
    start = open_start(train, settings, network=name)
    resume_path = arguments.output / f"{name}.resume.h5"
    done = fit_stages(
        start,
        train,
        val,
        [settings],
        TrainingRun(arguments.output / f"{name}_log.csv", resume_path, resume=resume_path.is_file()),
    )
    probabilities = predict(start.network, val.images).probabilities
    return {
        "network": name,
        "parameters": start.network.count_params(),
        "operations": count_operations(start.network),
        "seconds_per_epoch": sorted(row["seconds"] for row in done.rows)[len(done.rows) // 2],
        "val_accuracy": compute_metrics(val.labels, probabilities, val.class_names).accuracy,
        "val_log_loss": log_loss(val.labels, probabilities),
    }


def count_operations(network: Any) -> int:
    """Multiplications and additions of the convolutions and dense layers for one image: two for each weight's use."""
    from keras import layers

    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            _, height, width, _ = layer.output.shape
            total += 2 * math.prod(layer.kernel.shape) * height * width
        elif isinstance(layer, layers.Dense):
            total += 2 * math.prod(layer.kernel.shape)
    return total


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| network | parameters | operations per image | seconds per epoch | val accuracy | val log loss |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['network']}` | {row['parameters']:,} | {row['operations'] / 1e6:.0f} M | "
        f"{row['seconds_per_epoch']:.0f} | {row['val_accuracy']:.2%} | {row['val_log_loss']:.3f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
