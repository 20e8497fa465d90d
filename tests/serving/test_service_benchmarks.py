"""What the benchmarks of service and page compute; what they measure takes minutes, see docs/deployment.md."""

import os
import time
from pathlib import Path

import pytest

from benchmarks import page_first_result, service_document, service_load


def test_the_steps_of_a_cold_load_are_medians_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    loads = [
        {"page ready": 0.5, "WebAssembly compiled": 1.0, "result": 2.0},
        {"page ready": 0.3, "WebAssembly compiled": 1.5, "result": 6.0},
        {"page ready": 0.4, "WebAssembly compiled": 0.8, "result": 3.0},
    ]
    assert page_first_result.report("device", loads) == (
        "device: page ready 0.40 s, WebAssembly compiled 1.00 s, result 3.00 s (2.00 to 6.00 s; bar 5 s)"
    )
    assert page_first_result.main(["--loads", "0"]) == 2
    assert capsys.readouterr().err == "error: --loads must be at least 1. Received: 0\n"


def test_schemathesis_is_told_what_counts_as_a_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    called = service_document.command(Path("some.toml"), 200, 3)
    assert Path(called[0]).is_file()
    assert called[1:5] == ["--config-file=some.toml", "run", "--max-examples=200", "--seed=3"]
    assert service_document.main(["--examples", "0"]) == 2
    assert capsys.readouterr().err == "error: --examples must be at least 1. Received: 0\n"


def test_the_time_that_a_process_takes_of_the_cores_is_read() -> None:
    before = service_load._cpu_seconds(os.getpid())
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    assert 0.02 <= service_load._cpu_seconds(os.getpid()) - before < 10
