"""Trains the networks of the project under the same budgets and writes tables and a figure.

Three budgets: "equal", a few epochs of the record recipe for every network (a backbone's of fine-tuning); "onecycle",
the one-cycle recipe in full for the networks of the field's classic projects; "study", vggnet with and without batch
normalization, dropout and random changes. The one-cycle runs come first, the cheap ones before the others, then the
study, then the equal budget; each run's row and model are kept in OUTPUT as soon as it is done. Given again, the same
command goes on where it was interrupted, in the middle of a run too.

    python -m benchmarks.architectures -b BASE -o OUTPUT --budgets onecycle,study,equal --mixed_precision
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.architecture_runs import Run, carry_out, planned_runs, time_steps
from benchmarks.memory import classifier_memory
from emotion_recognition.atomic_file import write_json
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.models import NETWORKS
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import Workspace

DEFAULT_OUTPUT = Path("build", "architectures")

#: The budgets and what the tables call them.
BUDGETS = {
    "equal": "One small, equal budget",
    "onecycle": "The one-cycle settings in full",
    "study": "Regularisation of vggnet",
}


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), help="what to compare")
    parser.add_argument("--budgets", type=_budgets, default=("equal",), help=f"some of {','.join(BUDGETS)}")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of each run of the budgets equal and study")
    parser.add_argument("--seed", type=int, default=0, help="start of all random numbers")
    parser.add_argument("--mixed_precision", action="store_true", help="compute in bfloat16")
    parser.add_argument("--backbone", type=Path, help="a backbone that is fine-tuned beside the one-cycle runs")
    parser.add_argument("-o", "--output", type=Path, default=DEFAULT_OUTPUT, help="folder of rows, models and tables")
    parser.add_argument("--time_steps", type=int, metavar="N", help="train nothing: time N steps of each run")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _compare(arguments))


def _budgets(text: str) -> tuple[str, ...]:
    budgets = tuple(text.split(","))
    if not set(budgets) <= set(BUDGETS):
        raise argparse.ArgumentTypeError(f"must be some of {','.join(BUDGETS)}. Received: {text}")
    return budgets


def _compare(arguments: argparse.Namespace) -> None:
    import_keras()
    from emotion_recognition.data.files.hdf5 import read_split

    workspace = Workspace(arguments.base_path)
    train, val = (read_split(workspace.split_path(split, arguments.num_emotions)) for split in ("train", "val"))
    settings = {"seed": arguments.seed, "mixed_precision": arguments.mixed_precision}
    runs = planned_runs(arguments.budgets, arguments.networks, arguments.epochs, settings, arguments.backbone)
    if arguments.time_steps is not None:
        for run in runs:
            seconds = time_steps(run, train, arguments.time_steps)
            print(f"{run.key}: about {seconds:.0f} s an epoch, {_epochs(run)} epochs", flush=True)
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    rows = []
    for run in runs:
        path = arguments.output / f"{run.key}.row.json"
        said = {**settings, "epochs": _epochs(run)}
        row = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if row.get("settings") != said:
            print(f"{run.key}: {_epochs(run)} epochs", flush=True)
            row = {**carry_out(run, train, val, arguments.output), "settings": said}
            row["megabytes"] = classifier_memory(arguments.output / f"{run.key}.keras", val.class_names).added
            write_json(path, row)
        rows.append(row)
        _write(arguments.output, rows)
    print((arguments.output / "tables.md").read_text(encoding="utf-8"), end="")


def _epochs(run: Run) -> int:
    return sum(stage.epochs for stage in run.stages)


def _write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Writes the tables and the figures of what is there so far."""
    from emotion_recognition.plots import draw_comparison

    text = ""
    for budget, title in BUDGETS.items():
        chosen = [row for row in rows if row["budget"] == budget]
        if chosen:
            text += f"### {title}\n\n{comparison_table(chosen)}\n"
            draw_comparison(folder / f"{budget}.png", chosen, title)
    (folder / "tables.md").write_text(text, encoding="utf-8")


def comparison_table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows of one budget as a table in Markdown, the most accurate first."""
    columns = "network|parameters|operations an image|memory|ms a face|s an epoch|epochs|val accuracy|macro F1"
    lines = [f"| {columns.replace('|', ' | ')} |", "|---" * 9 + "|"]
    lines += [
        f"| {row['network']}{' (' * bool(row['note'])}{row['note']}{')' * bool(row['note'])} | {row['parameters']:,} | "
        f"{row['operations'] / 1e6:,.0f} M | {row['megabytes']:.0f} MB | "
        f"{row['milliseconds']:.1f} ({row['runtime']}) | "
        f"{row['seconds_per_epoch']:.0f} | {row['epochs']} | {row['val_accuracy']:.2%} | {row['macro_f1']:.3f} |"
        for row in sorted(rows, key=lambda row: -row["val_accuracy"])
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
