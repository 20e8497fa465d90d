"""How much the service gets out of a machine: many clients, beside a bare loop over ``detect``, in turns.

The bare loop has as many threads as the service has detectors. It and the service take turns, so that whatever else the
machine does meets both alike. The clients are one process with prepared requests; what it takes is not the service's,
but leaves the service less of the cores. The CPU time of a picture depends less on what else runs.
"""

import argparse
import asyncio
import contextlib
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    from emotion_recognition import EmotionDetector

SCRIPT = Path(__file__).resolve().parents[1] / "EmotionServer.py"


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--photo", type=Path, default=Workspace().sample_photo, help="what is sent (default: the sample)"
    )
    parser.add_argument("--clients", type=int, default=64, help="clients at the same time (default: 64)")
    parser.add_argument("--detectors", type=int, default=2, help="detectors of the service (default: 2)")
    parser.add_argument("--seconds", type=float, default=60, help="seconds of load, in all (default: 60)")
    parser.add_argument("--turns", type=int, default=6, help="turns that these are divided into (default: 6)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    if min(arguments.clients, arguments.detectors, arguments.turns) < 1 or arguments.seconds <= 0:
        raise ValueError("--clients, --detectors, --turns and --seconds must be above 0.")
    content = arguments.photo.read_bytes()
    seconds = arguments.seconds / arguments.turns
    bare: list[float] = []
    served: list[float] = []
    times: list[float] = []
    answers: Counter[int] = Counter()
    cpu: Counter[str] = Counter()
    pictures: Counter[str] = Counter()
    with started("--detectors", str(arguments.detectors)) as (server, address):
        port = int(address.rstrip("/").rpartition(":")[2])
        opened = _open(content, arguments.detectors)
        asyncio.run(_load(port, content, arguments.clients, 0.1, []))
        for turn in range(arguments.turns):
            before = time.process_time()
            done = _bare(opened, content, seconds)
            cpu["bare loop"] += round(1e6 * (time.process_time() - before))
            pictures["bare loop"] += done
            bare.append(done / seconds)
            before, of_service = time.process_time(), _cpu_seconds(server.pid)
            count, more = asyncio.run(_load(port, content, arguments.clients, seconds, times))
            cpu["service"] += round(1e6 * (_cpu_seconds(server.pid) - of_service))
            cpu["clients"] += round(1e6 * (time.process_time() - before))
            pictures["service"] += more.total()
            pictures["clients"] += more.total()
            served.append(count / seconds)
            answers.update(more)
            print(f"turn {turn + 1}: bare loop {bare[-1]:.1f}, service {served[-1]:.1f} pictures a second", flush=True)
        peak = _peak(server.pid)
    times.sort()
    print(f"answers by status: {dict(answers)}")
    print(f"throughput: {sum(served) / sum(bare):.1%} of the bare loop")
    each = {who: cpu[who] / pictures[who] / 1000 for who in cpu}
    print("CPU time of a picture: " + ", ".join(f"{who} {spent:.1f} ms" for who, spent in each.items()))
    print(
        f"time of a request with {arguments.clients} clients: median {statistics.median(times):.3f} s, "
        f"p95 {times[int(0.95 * len(times))]:.3f} s, longest {times[-1]:.3f} s"
    )
    print(f"peak memory of the service: {peak} MiB; it ended with status {server.returncode}")


@contextlib.contextmanager
def started(*options: str) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """The service as a process of its own, on a free port, and its address; ended with the context.

    Raises:
        ValueError: If it does not start.
    """
    command = [sys.executable, str(SCRIPT), "--port", "0", *options]
    with subprocess.Popen(command, cwd=SCRIPT.parent, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if match := re.search(r"serving at (http://\S+)", line):
                    yield server, match[1]
                    break
            else:
                raise ValueError("The service has not started.")
        finally:
            server.terminate()
            server.wait(60)


def _open(content: bytes, count: int) -> "list[EmotionDetector]":
    """Detectors, each of which has seen the picture once."""
    import cv2

    from emotion_recognition import EmotionDetector

    cv2.setNumThreads(1)
    detectors = [EmotionDetector() for _ in range(count)]
    for detector in detectors:
        detector.detect(content)
    return detectors


def _bare(detectors: "list[EmotionDetector]", content: bytes, seconds: float) -> int:
    """Pictures that threads see which call ``detect`` and nothing else, each with a detector of its own."""
    done = [0] * len(detectors)
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        while time.monotonic() < end:
            detectors[number].detect(content)
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(detectors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


async def _load(
    port: int, content: bytes, clients: int, seconds: float, times: list[float]
) -> tuple[int, Counter[int]]:
    """Sends pictures until the time is up; returns how many were answered with faces, and all answers by status."""
    head = f"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
    request = head.encode() + content
    answers: Counter[int] = Counter()
    in_time = 0
    end = time.monotonic() + seconds

    async def client() -> None:
        nonlocal in_time
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < end:
            start = time.monotonic()
            writer.write(request)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", answer)
            await reader.readexactly(int(length[1]) if length else 0)
            status = int(answer[9:12])
            answers[status] += 1
            times.append(time.monotonic() - start)
            in_time += status == 200 and time.monotonic() < end
        writer.close()

    await asyncio.gather(*[client() for _ in range(clients)])
    return in_time, answers


def _cpu_seconds(process: int) -> float:
    """What a process has taken of the cores, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(process: int) -> int:
    """Peak memory of a process in MiB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    match = re.search(r"VmHWM:\s+(\d+)", status)
    return int(match[1]) // 1024 if match else 0


if __name__ == "__main__":
    sys.exit(main())
