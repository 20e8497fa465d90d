"""Whether the service keeps to its OpenAPI document: Schemathesis calls each operation as it allows, and otherwise.

    python -m benchmarks.service_document

Needs requirements-dev.txt and requirements-recommend.txt. No answer may be a 5xx, each must be one that the document
has, what it forbids must be refused, and a wrong method answered with the right ones. One check is left out: that all
which the document allows is accepted, since no schema tells a picture from other bytes.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from benchmarks.service_load import started
from emotion_recognition.command_line.exit_status import exit_status

#: How Schemathesis checks; 413 is no refusal to it unless it is told.
CONFIGURATION = """[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 408, 413, 415, 422]
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="at most, for each operation (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the examples (default: 0)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _run(arguments.examples, arguments.seed))


def command(configuration: Path, examples: int, seed: int) -> list[str]:
    """How Schemathesis is called, without the document's address.

    Raises:
        ValueError: If it is not installed, or there are no examples.
    """
    if examples < 1:
        raise ValueError(f"--examples must be at least 1. Received: {examples}")
    program = Path(sysconfig.get_path("scripts"), "schemathesis" + (".exe" if os.name == "nt" else ""))
    if not program.is_file():
        raise ValueError("This needs Schemathesis; install it with: pip install -r requirements-dev.txt")
    given = [f"--max-examples={examples}", f"--seed={seed}", "--request-timeout=60", "--no-color"]
    return [str(program), f"--config-file={configuration}", "run", *given]


def _run(examples: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "schemathesis.toml")
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        called = command(configuration, examples, seed)
        with started() as (_, address):
            done = subprocess.run([*called, f"{address}openapi.json"], cwd=folder, check=False)
    if done.returncode != 0:
        raise ValueError("The service does not keep to its document, see above.")


if __name__ == "__main__":
    sys.exit(main())
