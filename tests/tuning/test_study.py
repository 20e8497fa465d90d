from dataclasses import replace
from pathlib import Path

import pytest

from emotion_recognition.tuning.search_space import Range
from emotion_recognition.tuning.study import Search, report_of, run_search
from tests.tuning.conftest import RANGES

pytestmark = pytest.mark.usefixtures("generated_code_goes")


@pytest.mark.filterwarnings("ignore")
def test_a_search_finds_the_best_and_goes_on(search: Search, tmp_path: Path) -> None:
    said: list[str] = []
    run_search(search, 2, workers=2, say=said.append)
    study = run_search(search, 5, say=said.append)
    report = report_of(study, search)
    done = [trial for trial in report["trials"] if trial["state"] == "complete"]
    assert len(done) == 5
    assert len(said) == len(report["trials"])
    for trial in done:
        assert trial["value"] == pytest.approx(1 - (trial["settings"]["learning_rate"] - 0.3) ** 2)
    assert report["best"]["val_accuracy"] == max(trial["value"] for trial in done)
    assert report["best"]["command"][3] == report["best"]["model"]
    # Five trials are too few to tell which of two settings matters; the shares are of the whole.
    assert set(report["importance"]) == {"learning_rate", "weight_decay"}
    assert sum(report["importance"].values()) == pytest.approx(1)
    # All are there: nothing is left to do.
    assert len(report_of(run_search(search, 5), search)["trials"]) == len(report["trials"])


def test_a_search_that_goes_on_tries_other_values(search: Search) -> None:
    run_search(search, 1)
    tried = [trial.params["weight_decay"] for trial in run_search(search, 2).get_trials()]
    assert len(set(tried)) == len(tried) == 2


def test_trials_at_the_same_time_try_what_they_would_alone(search: Search, tmp_path: Path) -> None:
    tried = []
    for workers in (1, 2):
        own = replace(search, storage=tmp_path / f"{workers}.sqlite", name=str(workers))
        trials = run_search(own, 2, workers=workers).get_trials()
        tried.append([trials[number].params for number in range(2)])
    assert tried[0] == tried[1]


@pytest.mark.parametrize("name", ["a?b", "a%20b"])
def test_a_study_lies_where_it_was_said(name: str, search: Search, tmp_path: Path) -> None:
    storage = tmp_path / name / "study.sqlite"
    run_search(replace(search, storage=storage), 1)
    assert storage.is_file()


def test_trials_that_fail_are_reported(search: Search) -> None:
    said: list[str] = []
    always = Search(search.storage, "failing", (Range("learning_rate", 0.95, 1.0),), search.command, search.model)
    with pytest.raises(ValueError, match="No trial came to its end; the last one: error: diverged"):
        run_search(always, 2, say=said.append)
    assert [line.partition(" with ")[0] for line in said] == ["trial 0: failed", "trial 1: failed"]


def test_a_study_of_something_else_is_refused(search: Search) -> None:
    run_search(search, 1)
    other = Search(search.storage, "test", RANGES[:1], search.command, search.model)
    with pytest.raises(ValueError, match=r"holds a search over \w+="):
        run_search(other, 2)
    search.storage.write_bytes(b"no database" * 100)
    with pytest.raises(OSError, match=r"study\.sqlite cannot be used"):
        run_search(search, 2)
