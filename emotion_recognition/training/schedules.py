"""How the learning rate goes over the steps of a stage.

Each is a Keras schedule that knows its highest learning rate. None goes into a model file: see
:func:`~emotion_recognition.training.stage.fit_stage`.
"""

import itertools
from typing import Any

import keras
from keras import ops

#: Share of all steps in which the learning rate rises, and as many in which it falls again; in the rest it
#: decays to its end.
ONE_CYCLE_RISE = 0.45
#: The learning rate starts and ends its cycle at a tenth of the highest one, and ends at a thousandth.
ONE_CYCLE_START, ONE_CYCLE_END = 0.1, 0.001

#: Share of all steps in which the learning rate rises from zero before it falls along a cosine.
COSINE_WARM_UP = 0.05


class PiecewiseLinear(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate goes in straight lines between points.

    Args:
        points: (step, learning rate) pairs with rising steps, the first one at step 0. After the last one it stays.

    Raises:
        ValueError: If the steps do not rise from 0.

    Example:
        >>> rate = PiecewiseLinear([(0, 0.0), (10, 1.0)])
        >>> float(rate(5)), float(rate(99))
        (0.5, 1.0)
    """

    def __init__(self, points: list[tuple[int, float]]) -> None:
        super().__init__()
        steps = [step for step, _ in points]
        if not points or steps[0] != 0 or any(b <= a for a, b in itertools.pairwise(steps)):
            raise ValueError(f"points must have steps that rise from 0. Received: {points}")
        self.points = points

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step, counted from 0."""
        step = ops.cast(step, "float32")
        rate = ops.convert_to_tensor(self.points[0][1], "float32")
        for (start, low), (end, high) in itertools.pairwise(self.points):
            share = ops.clip((step - start) / (end - start), 0.0, 1.0)
            rate = rate + share * (high - low)
        return rate

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"points": self.points}


def schedule(name: str, learning_rate: float, steps: int) -> Any:
    """The learning rate of a stage, as a Keras optimizer takes it.

    Args:
        name: "constant"; "onecycle": rise, fall and decay to a thousandth, in straight lines (Smith 2018,
            arXiv:1803.09820); "cosine": a warm-up, then half a cosine down to zero (Loshchilov and Hutter 2017,
            arXiv:1608.03983).
        learning_rate: The highest one.
        steps: Steps of the whole stage, at least 1.

    Raises:
        ValueError: If there is no schedule of that name.
    """
    if name == "constant":
        return learning_rate
    if name == "onecycle":
        top = max(1, round(ONE_CYCLE_RISE * steps))
        bottom = max(top + 1, round(2 * ONE_CYCLE_RISE * steps))
        edge = ONE_CYCLE_START * learning_rate
        points = [(0, edge), (top, learning_rate), (bottom, edge)]
        return PiecewiseLinear([*points, (max(bottom + 1, steps), ONE_CYCLE_END * learning_rate)])
    if name == "cosine":
        warm_up = round(COSINE_WARM_UP * steps)
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warm_up else learning_rate,
            decay_steps=max(1, steps - warm_up),
            warmup_target=learning_rate if warm_up else None,
            warmup_steps=warm_up,
        )
    raise ValueError(f"name must be constant, onecycle or cosine. Received: {name!r}")
