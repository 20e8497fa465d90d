"""What a search may try of a setting, as a line of text: ``learning_rate=1e-4..1e-1:log``, ``optimizer=adam,sgd``."""

import math
from dataclasses import dataclass
from typing import Any

from emotion_recognition.error_about import about

#: The settings that can be searched, and whether they are whole numbers, numbers or words.
SEARCHABLE: dict[str, type] = {
    "learning_rate": float,
    "batch_size": int,
    "weight_decay": float,
    "label_smoothing": float,
    "ema": float,
    "votes_weight": float,
    "ferplus_weight": float,
    "optimizer": str,
    "schedule": str,
    "balance": str,
    "network": str,
}


@dataclass(frozen=True)
class Range:
    """What may be tried of one setting.

    Args:
        name: A key of :data:`SEARCHABLE`.
        low: Lowest value of a range.
        high: Highest value of a range.
        log: Whether the range's logarithm is searched evenly.
        choices: In place of a range, the values.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """As :func:`parse_range` reads it.

        Example:
            >>> str(parse_range("learning_rate=1e-4..1e-1:log"))
            'learning_rate=0.0001..0.1:log'
        """
        if self.choices:
            return f"{self.name}={','.join(map(str, self.choices))}"
        return f"{self.name}={self.low:.12g}..{self.high:.12g}{':log' * self.log}"

    def suggest(self, trial: Any) -> Any:
        """A value for an Optuna trial."""
        if self.choices:
            return trial.suggest_categorical(self.name, self.choices)
        if SEARCHABLE[self.name] is int:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)


def parse_range(text: str) -> Range:
    """Reads what may be tried of a setting.

    Args:
        text: ``NAME=LOW..HIGH``, the same with ``:log``, or ``NAME=A,B,C``.

    Raises:
        ValueError: If the setting cannot be searched, or the values are none of it.

    Example:
        >>> parse_range("learning_rate=1e-4..1e-1:log")
        Range(name='learning_rate', low=0.0001, high=0.1, log=True, choices=())
        >>> parse_range("batch_size=64,128").choices
        (64, 128)
    """
    name, _, values = text.partition("=")
    if name not in SEARCHABLE:
        raise _wrong(f"search must be NAME=LOW..HIGH or NAME=A,B with NAME one of {', '.join(SEARCHABLE)}", text)
    kind = SEARCHABLE[name]
    body, _, scale = values.partition(":")
    low, dots, high = body.partition("..")
    try:
        if not dots:
            choices = tuple(kind(value) for value in body.split(","))
            if scale or "" in choices or len(set(choices)) < 2:
                raise ValueError
            return Range(name, choices=choices)
        found = Range(name, float(kind(low)), float(kind(high)), scale == "log")
    except ValueError:
        raise _wrong(f"search needs {name}=LOW..HIGH, with :log perhaps, or at least two values", text) from None
    finite = math.isfinite(found.low) and math.isfinite(found.high)
    if kind is str or not finite or not found.low < found.high or scale not in ("", "log"):
        raise _wrong(f"search needs {name}=LOW..HIGH, with :log perhaps, or at least two values", text)
    if found.log and found.low <= 0:
        raise _wrong("search on a logarithmic scale needs a lowest value above 0", text)
    return found


def _wrong(rule: str, text: str) -> ValueError:
    return about(ValueError(f"{rule}. Received: {text}"), "search")
