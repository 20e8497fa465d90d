import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_recognition.collection.worker_pool import Finished, Lost, WorkerPool
from tests.collection.handlers import Start
from tests.conftest import REPOSITORY


def test_results_come_back_and_a_death_is_reported_and_the_pool_goes_on(tmp_path: Path) -> None:
    with WorkerPool[str, str](Start(tmp_path), 1) as pool:
        for task in ("a", "die", "b"):
            pool.submit(task)
        assert pool.unfinished == 3
        outcomes = [pool.next() for _ in range(3)]
        assert pool.unfinished == 0
    assert outcomes == [Finished("a", "A"), Lost("die", "was ended by SIGKILL"), Finished("b", "B")]


def test_a_task_that_takes_too_long_is_lost(tmp_path: Path) -> None:
    with WorkerPool[str, str](Start(tmp_path), 1, seconds=lambda task: 0.2) as pool:
        pool.submit("hang")
        outcome = pool.next()
    assert isinstance(outcome, Lost)
    assert outcome.task == "hang"
    assert re.fullmatch(r"took longer than \d+\.\d seconds", outcome.reason)


def test_what_a_handler_raises_is_raised_here(tmp_path: Path) -> None:
    with WorkerPool[str, str](Start(tmp_path), 1) as pool:
        pool.submit("raise")
        with pytest.raises(ValueError, match="the handler's own error"):
            pool.next()


def test_an_interruption_reaches_no_worker_from_its_first_instruction_on(tmp_path: Path) -> None:
    with WorkerPool[str, str](Start(tmp_path), 1) as pool:
        pool.submit("blocked")
        assert pool.next() == Finished("blocked", "SIGINT")
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_processes_that_never_come_up_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "never").touch()
    with WorkerPool[str, str](Start(tmp_path), 1) as pool:
        pool.submit("a")
        with pytest.raises(ChildProcessError, match="No worker process comes up: the last one was ended by SIGKILL"):
            pool.next()


def test_any_time_may_be_allowed(tmp_path: Path) -> None:
    # The system's wait takes milliseconds as a C int.
    with WorkerPool[str, str](Start(tmp_path), 1, seconds=lambda task: 1e9) as pool:
        pool.submit("a")
        assert isinstance(pool.next(), Finished)


def test_workers_must_be_some(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"workers must be at least 1\. Received: 0"):
        WorkerPool(Start(tmp_path), 0)


def test_processes_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from emotion_recognition.collection.worker_pool import WorkerPool\n"
        "from tests.collection.handlers import Start\n"
        "if __name__ == '__main__':\n"
        "    pool = WorkerPool(Start(Path(sys.argv[1])), 1)\n"
        "    pool.submit('a')\n"
        "    pool.next()\n"
        "    pool.submit('hang')\n"
        "    pool._hand_out()\n"
        "    print(pool._workers[0]._process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    script = tmp_path / "killed.py"
    script.write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    # communicate() returns when the last process that holds the pipe has ended: the worker holds it too.
    done = subprocess.run(
        [sys.executable, script, tmp_path], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == -9
    assert re.fullmatch(r"\d+\n", done.stdout)
    assert (
        not Path(f"/proc/{int(done.stdout)}/cmdline").exists()
        or not Path(f"/proc/{int(done.stdout)}/cmdline").read_bytes()
    )
