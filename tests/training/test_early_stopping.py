"""Early stopping, epoch by epoch with losses made up here: the weight of each epoch is its number."""

from collections.abc import Sequence

import keras
import numpy as np
import pytest

from emotion_recognition.training.early_stopping import ResumableEarlyStopping


def one_weight() -> keras.Model:
    pixels = keras.Input((1,))
    return keras.Model(pixels, keras.layers.Dense(1, use_bias=False)(pixels))


def run(stopping: ResumableEarlyStopping, model: keras.Model, first: int, losses: Sequence[float]) -> int:
    """Goes through epochs until it is told to stop; returns the number of the last one."""
    stopping.set_model(model)
    model.stop_training = False
    stopping.on_train_begin()
    for epoch, loss in enumerate(losses, start=first):
        model.set_weights([np.array([[float(epoch)]])])
        stopping.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    return epoch


def weight(model: keras.Model) -> float:
    return float(model.get_weights()[0][0, 0])


def test_the_best_weights_come_back_where_the_last_loss_is_worse() -> None:
    stopping, model = ResumableEarlyStopping(patience=2), one_weight()
    assert run(stopping, model, 0, [0.5, 0.3, 0.4, 0.35, 0.1]) == 3
    stopping.on_train_end()
    assert (stopping.best_epoch, weight(model)) == (1, 1.0)


def test_without_patience_every_epoch_is_done_and_the_last_weights_stay() -> None:
    stopping, model = ResumableEarlyStopping(patience=None), one_weight()
    assert run(stopping, model, 0, [0.5, 0.3, 0.4, 0.6, 0.7]) == 4
    stopping.on_train_end()
    assert weight(model) == 4.0


@pytest.mark.parametrize("done", [2, 3])
def test_count_best_loss_and_best_weights_survive_an_interruption(done: int) -> None:
    losses = [0.5, 0.3, 0.4, 0.35, 0.1]
    before, interrupted = ResumableEarlyStopping(patience=2), one_weight()
    assert run(before, interrupted, 0, losses[:done]) == done - 1
    counted, best_weights = before.state()
    assert counted == {"wait": done - 2, "best": 0.3, "best_epoch": 1}

    after, model = ResumableEarlyStopping(patience=2), one_weight()
    after.restore(counted, [array.copy() for array in best_weights])
    # The loss of 0.35 would be the best one so far to a run that has forgotten 0.3, and the second wait the first.
    assert run(after, model, done, losses[done:]) == 3
    after.on_train_end()
    assert (after.best_epoch, weight(model)) == (1, 1.0)
