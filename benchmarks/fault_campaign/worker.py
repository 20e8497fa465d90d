"""Feeds one reader with damaged files, in a process of its own within limits of time and memory.

:mod:`benchmarks.fault_campaign.campaign` starts it, and goes on behind an input that ends the process.
"""

import json
import os
import resource
import signal
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.fault_campaign.mutations import mutate
from benchmarks.fault_campaign.readers import READERS, Reader, WrongResultError

#: Limits for one input.
CPU_SECONDS, MEMORY = 10, 2**30

#: What libraries say when they want more memory than there is.
_NO_MEMORY = ("insufficient memory", "outofmemory", "out of memory", "bad_alloc", "unable to allocate", "memoryerror")


@dataclass
class Tally:
    """What became of a reader's inputs.

    Args:
        tried: Their number.
        refused: How many ended in one line that says why.
        accepted: How many were read, with the right result.
        slowest: CPU seconds of the slowest, other processes included.
        faults: What went wrong: the number of the input, the kind of fault, the message.
    """

    tried: int = 0
    refused: int = 0
    accepted: int = 0
    slowest: float = 0.0
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def input_of(reader: Reader, whole: Sequence[bytes], seed: int, number: int) -> bytes:
    """The damaged file of a number: the same in every run with the same seed."""
    random = np.random.default_rng([seed, number, *reader.name.encode()])
    return mutate(whole[int(random.integers(len(whole)))], whole, random, text=reader.text)


def feed(
    reader: Reader, numbers: Iterable[int], seed: int, folder: Path, before: Callable[[int], None] = lambda number: None
) -> Tally:
    """Reads the damaged files of some numbers.

    Args:
        reader: Who reads them.
        numbers: Which they are.
        seed: Of the random damage.
        folder: Where they lie while they are read, one at a time; empty.
        before: Called with each number before its file is read.

    Returns:
        What became of them.
    """
    whole, tally, exact = reader.seeds(), Tally(), set[object]()
    path = folder / f"a{reader.suffix}"
    for content in whole:
        path.write_bytes(content)
        exact.add(reader.read(path, content))  # a whole file must be read, and loads what is imported on the way
    for number in numbers:
        before(number)
        content = input_of(reader, whole, seed, number)
        path.write_bytes(content)
        cpu, memory = _used()
        kind, message = _outcome(reader, path, content, exact if reader.exact else None)
        seconds, more = (after - earlier for after, earlier in zip(_used(), (cpu, memory), strict=True))
        tally.tried += 1
        tally.slowest = max(tally.slowest, seconds)
        if seconds > CPU_SECONDS:
            kind, message = "endless", f"{seconds:.1f} s"
        elif more > MEMORY:
            kind, message = "memory", f"{more / 2**20:.0f} MiB more"
        if kind == "refused":
            tally.refused += 1
        elif kind == "accepted":
            tally.accepted += 1
        else:
            tally.faults.append((number, kind, message))
    for leftover in folder.iterdir():
        leftover.unlink()
    return tally


def _outcome(reader: Reader, path: Path, content: bytes, exact: set[object] | None) -> tuple[str, str]:
    """What a reader does with a file, in a word, and the message."""
    try:
        result = reader.read(path, content)
    except WrongResultError as error:
        return "wrong", str(error)
    except MemoryError as error:
        return "memory", repr(error)
    except (ValueError, OSError) as error:
        said = str(error).lower()
        if "\n" in str(error):
            return "several lines", repr(error)
        return ("memory" if any(words in said for words in _NO_MEMORY) else "refused"), str(error)
    except Exception as error:  # noqa: BLE001 - each of them would be a traceback
        return "traceback", f"{type(error).__name__}: {error}"
    if exact is not None and result not in exact:
        return "wrong", "damage was not noticed"
    return "accepted", ""


def _used() -> tuple[float, float]:
    """CPU seconds, and the most memory at any time in bytes, of this process and those that it has started."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return seconds, max(own.ru_maxrss, children.ru_maxrss) * 1024.0


def main() -> int:
    """Runs as ``worker NAME START STOP SEED PROGRESS RESULT``; the tally goes into the file RESULT as JSON."""
    name, start, stop, seed, progress, result = sys.argv[1:]
    reader = next(row for row in READERS if row.name == name)
    import cv2

    cv2.setNumThreads(1)
    descriptor = os.open(progress, os.O_WRONLY | os.O_CREAT)
    limited: list[int] = []

    def before(number: int) -> None:
        if not limited:
            limited.append(_limit_memory())
        os.pwrite(descriptor, struct.pack("<q", number), 0)
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)  # its signal ends the process

    with tempfile.TemporaryDirectory() as folder:
        tally = feed(reader, range(int(start), int(stop)), int(seed), Path(folder), before)
    Path(result).write_text(json.dumps(vars(tally)), encoding="utf-8")
    return 0


def _limit_memory() -> int:
    """Allows this process :data:`MEMORY` more than it has now, in bytes; returns the limit."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return limit


if __name__ == "__main__":
    sys.exit(main())
