"""Searches whose trials are a stand-in for training: a few lines that write a log and a card."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from emotion_recognition.tuning.search_space import Range
from emotion_recognition.tuning.study import Search, Trial

#: Validation accuracy is 1 - (learning rate - 0.3)², whatever else is chosen; above 0.9 training fails.
TRAINER = """
import json, sys
from pathlib import Path
model, rate = Path(sys.argv[1]), float(sys.argv[2])
sys.stderr.write("a warning\\n" * 20_000)  # more than a pipe holds
if rate > 0.9:
    sys.exit("error: diverged")
model.parent.mkdir(parents=True, exist_ok=True)
value = 1 - (rate - 0.3) ** 2
rows = ["stage,epoch,learning_rate,loss,accuracy,val_loss,val_accuracy,seconds", f"1,1,{rate},0,0,0,{value},1"]
model.with_name(model.stem + "_log.csv").write_text("\\n".join(rows) + "\\n")
model.with_suffix(".json").write_text(json.dumps({"class_names": ["a", "b"], "metrics": {"val": {"accuracy": value}}}))
"""

RANGES = (Range("learning_rate", 0.0, 1.0), Range("weight_decay", 0.0, 1.0))


@pytest.fixture
def search(tmp_path: Path) -> Search:
    def model(trial: Trial) -> Path:
        return tmp_path / f"trial{trial.number}.keras"

    def command(trial: Trial) -> Sequence[str]:
        return [sys.executable, "-c", TRAINER, str(model(trial)), str(trial.settings["learning_rate"])]

    return Search(tmp_path / "study.sqlite", "test", RANGES, command, model)
