"""Compiles a network for training: optimizer, cross-entropy, accuracy."""

from typing import Any

import keras

from emotion_recognition.training.devices import device_count
from emotion_recognition.training.extra_heads import ExtraHeads, LabelAccuracy, LabelLoss
from emotion_recognition.training.jit import jit_choice, on_tensorflow_cpu
from emotion_recognition.training.schedules import schedule
from emotion_recognition.training.settings import FitSettings, StageSettings

MOMENTUM = 0.9

#: Batch normalization's scale and offset and the biases are few and are not decayed.
_NOT_DECAYED = ["gamma", "beta", "bias"]


def compile_network(network: keras.Model, settings: StageSettings, classes: int, steps: int) -> None:
    """Compiles a network for targets as :func:`~emotion_recognition.data.batches.targets.training_targets` makes them.

    Args:
        network: Gives probabilities, with all that :func:`~emotion_recognition.training.trainee.trainee_of` puts behind
            them; compiled in place, its optimizer is built.
        settings: Optimizer, learning rate, schedule, weight decay, moving average, other heads.
        classes: Number of classes.
        steps: Steps of the whole stage.
    """
    network.compile(
        optimizer=build_optimizer(settings, schedule(settings.schedule, settings.learning_rate, steps)),
        loss=LabelLoss(
            classes,
            ExtraHeads(settings.votes_weight, settings.ferplus_weight),
            teacher_weight=settings.teacher_weight if settings.teacher_views else 0.0,
            mixed=bool(settings.mixup),
        ),
        metrics=[LabelAccuracy(classes)],
        jit_compile=jit_choice(),
    )
    network.optimizer.build(network.trainable_variables)


def compile_for_saving(network: keras.Model, settings: StageSettings) -> None:
    """Compiles a trained network with the stage's highest learning rate in place of a schedule, and nothing else.

    So its file can be read without this project, and a next stage knows what to take a tenth of.
    """
    network.compile(
        optimizer=build_optimizer(settings, settings.learning_rate, averages=False),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_choice(),
    )


def fuses_normalization() -> bool:
    """Whether batch normalization is computed by one operation: on a single CPU under TensorFlow.

    Over several devices the statistics are those of all, which that operation does not compute.
    """
    return on_tensorflow_cpu() and device_count() == 1


def build_optimizer(settings: FitSettings, rate: Any, *, averages: bool = True) -> keras.Optimizer:
    """The optimizer of a stage; batch normalization's scales and offsets and the biases are not decayed.

    Args:
        settings: Which one, its weight decay and its moving average of the weights.
        rate: Its learning rate, or a Keras schedule.
        averages: Whether it keeps the moving average that the settings ask for.
    """
    options: dict[str, Any] = {"weight_decay": settings.weight_decay or None}
    if settings.ema and averages:
        options |= {"use_ema": True, "ema_momentum": settings.ema}
    if settings.optimizer == "adam":
        optimizer = keras.optimizers.Adam(rate, **options)
    else:
        optimizer = keras.optimizers.SGD(rate, momentum=MOMENTUM, nesterov=True, **options)
    if settings.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    return optimizer
