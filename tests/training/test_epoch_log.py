import re
from pathlib import Path

import keras
import pytest

from emotion_recognition.training.epoch_log import EpochLog
from emotion_recognition.training.log_file import COLUMNS, read_log

LOSSES = ("stage", "epoch", "learning_rate", "loss", "val_loss", "seconds")


def log_epochs(log: EpochLog, first: int, *figures: dict[str, float]) -> None:
    """Epochs, counted from 0, with Keras's figures, at a rate of 0.025."""
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(keras.optimizers.SGD(0.025), "mse")
    log.set_model(network)
    for epoch, logs in enumerate(figures, first):
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, logs)


def test_rows_have_the_columns_in_their_order_and_no_others(tmp_path: Path) -> None:
    log = EpochLog(tmp_path / "log.csv", columns=LOSSES)
    log_epochs(log, 0, {"val_loss": 2.5, "loss": 3.0, "accuracy": 0.5}, {"loss": 1.0, "val_loss": 1.5})
    header, *lines = (tmp_path / "log.csv").read_text().splitlines()
    assert header == ",".join(LOSSES)
    assert [line.rpartition(",")[0] for line in lines] == ["1,1,0.025,3.0,2.5", "1,2,0.025,1.0,1.5"]
    assert [tuple(row) for row in log.rows] == [LOSSES] * 2


def test_by_default_rows_have_accuracies_too(tmp_path: Path) -> None:
    figures = {"loss": 3.0, "accuracy": 0.25, "val_loss": 2.5, "val_accuracy": 0.5}
    log_epochs(EpochLog(tmp_path / "log.csv"), 0, figures)
    (row,) = read_log(tmp_path / "log.csv")
    assert {name: row[name] for name in figures} == figures
    assert tuple(row) == COLUMNS


def test_the_file_has_earlier_stages_and_earlier_epochs_before_the_new_ones(tmp_path: Path) -> None:
    earlier = [dict.fromkeys(LOSSES, 1)]
    rows = [{**dict.fromkeys(LOSSES, 1), "stage": 2}]
    log = EpochLog(tmp_path / "log.csv", rows, earlier=earlier, stage=2, columns=LOSSES)
    log_epochs(log, 1, {"loss": 3.0, "val_loss": 2.5})
    read = read_log(tmp_path / "log.csv", LOSSES)
    assert [(row["stage"], row["epoch"], row["val_loss"]) for row in read] == [(1, 1, 1.0), (2, 1, 1.0), (2, 2, 2.5)]
    assert [row["stage"] for row in log.rows] == [2, 2]


def test_a_log_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log_epochs(EpochLog(path, columns=LOSSES), 0, {"loss": 3.0, "val_loss": 2.5})
    message = f"{path} is not a training log: it must have the columns {', '.join(COLUMNS)}."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_log(path)
    assert len(read_log(path, LOSSES)) == 1


@pytest.mark.parametrize("content", [b"epoch,loss\n1,low\n", b"\xff\xfe", b"epoch\n1,2\n"])
def test_a_file_that_is_no_log_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"log\.csv is not a training log"):
        read_log(tmp_path / "log.csv", LOSSES)


def test_a_log_of_before_there_were_stages_is_of_the_first_and_no_log_has_no_rows(tmp_path: Path) -> None:
    assert read_log(tmp_path / "log.csv", LOSSES) == []
    (tmp_path / "log.csv").write_text("epoch,learning_rate,loss,val_loss,seconds\n4,0.1,2,3,5\n")
    (row,) = read_log(tmp_path / "log.csv", LOSSES)
    assert (row["stage"], row["epoch"], row["val_loss"]) == (1, 4, 3.0)
