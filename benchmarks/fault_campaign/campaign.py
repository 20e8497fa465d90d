"""Damaged files in worker processes: as many as asked for, shared out among the readers; what went wrong is kept."""

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.fault_campaign.readers import Reader
from benchmarks.fault_campaign.worker import Tally, input_of

#: Inputs that a process reads before another one goes on.
_AT_ONCE = 20_000

#: Seconds after which a process that neither computes nor ends is ended.
_PATIENCE = 3600


def shares_of(total: int, readers: Sequence[Reader]) -> dict[str, int]:
    """The number of inputs for each reader, by its share, at least one."""
    whole = sum(reader.share for reader in readers)
    return {reader.name: max(1, round(total * reader.share / whole)) for reader in readers}


def run_readers(
    readers: Sequence[Reader], total: int, seed: int, kept: Path, say: Callable[[str], None] = lambda text: None
) -> dict[str, Tally]:
    """Feeds readers with damaged files.

    Args:
        readers: Rows of :data:`~benchmarks.fault_campaign.readers.READERS`.
        total: Inputs in all.
        seed: Of the random damage.
        kept: Folder for the inputs that went wrong.
        say: Takes a line on each reader that is done.

    Returns:
        What became of each reader's inputs.
    """
    tallies = {}
    for reader in readers:
        tally = tallies[reader.name] = Tally()
        for part in _run(reader, shares_of(total, readers)[reader.name], seed):
            tally.tried += part.tried
            tally.refused += part.refused
            tally.accepted += part.accepted
            tally.slowest = max(tally.slowest, part.slowest)
            tally.faults += part.faults
        _keep(reader, tally, seed, kept)
        say(
            f"{reader.name}: {tally.tried:,} tried, {tally.refused:,} refused, {tally.accepted:,} read, "
            f"{len(tally.faults):,} faults; slowest {tally.slowest:.2f} s"
        )
    return tallies


def _run(reader: Reader, count: int, seed: int) -> Iterator[Tally]:
    """What became of the inputs below a number, in parts; a process that ends at one is followed by another."""
    waiting = [(start, min(count, start + _AT_ONCE)) for start in range(0, count, _AT_ONCE)]
    while waiting:
        start, stop = waiting.pop(0)
        if start == stop:
            continue
        with tempfile.TemporaryDirectory() as folder:
            progress, result = Path(folder) / "progress", Path(folder) / "result"
            status, said = _work(reader, start, stop, seed, progress, result)
            if result.is_file():
                yield Tally(**json.loads(result.read_text(encoding="utf-8")))
                continue
            if not progress.is_file() or not progress.stat().st_size:
                raise RuntimeError(f"{reader.name}: {said}")
            (number,) = struct.unpack("<q", progress.read_bytes())
        kind = "endless" if status == -signal.SIGPROF else "crash"
        yield Tally(tried=1, faults=[(number, kind, f"exit status {status}: {said[-200:]}")])
        # What was counted before is lost with the process.
        waiting[:0] = [(start, number), (number + 1, stop)]


def _work(reader: Reader, start: int, stop: int, seed: int, progress: Path, result: Path) -> tuple[int, str]:
    """Runs a worker; returns its exit status and what it said."""
    command = [sys.executable, "-m", "benchmarks.fault_campaign.worker", reader.name]
    process = subprocess.run(
        [*command, *map(str, (start, stop, seed, progress, result))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=_PATIENCE,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    return process.returncode, process.stderr.decode(errors="replace")[-2000:]


def _keep(reader: Reader, tally: Tally, seed: int, kept: Path) -> None:
    if not tally.faults:
        return
    kept.mkdir(parents=True, exist_ok=True)
    whole = reader.seeds()
    stem = "".join(letter if letter.isalnum() else "_" for letter in reader.name)
    for number, kind, message in tally.faults[:50]:
        (kept / f"{stem}_{number}{reader.suffix}").write_bytes(input_of(reader, whole, seed, number))
        with (kept / "faults.txt").open("a", encoding="utf-8") as file:
            file.write(f"{reader.name} {number}: {kind}: {message[:300]}\n")
