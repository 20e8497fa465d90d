"""Who showed what, and for how long: sums up the faces of a video while they pass.

Frames with their faces go in, seconds and stretches of time come out; the script prints them and
:func:`emotion_recognition.plots.draw_timeline` draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emotion_recognition.detection.face_emotion import FaceEmotion


@dataclass(frozen=True)
class Stretch:
    """A time during which an identity showed one emotion.

    Args:
        identity: Whose face; None without tracking.
        emotion: What it showed.
        start: Seconds since the first frame.
        end: Seconds since the first frame.
    """

    identity: int | None
    emotion: str
    start: float
    end: float


class Timeline:
    """Collects the emotions of each identity over time. A frame lasts until the next one.

    Args:
        last_duration: Seconds that the last frame lasts, one over the video's rate.

    Example:
        >>> timeline = Timeline(last_duration=0.5)
        >>> happy = FaceEmotion((0, 0, 9, 9), 0.9, {"happy": 0.8, "sad": 0.2})
        >>> for time in (0.0, 0.5, 1.0):
        ...     timeline.add(time, [(1, happy)])
        >>> timeline.finish()
        >>> timeline.stretches
        [Stretch(identity=1, emotion='happy', start=0.0, end=1.5)]
    """

    def __init__(self, last_duration: float) -> None:
        #: Finished stretches, in the order in which they ended.
        self.stretches: list[Stretch] = []
        self._last_duration = last_duration
        self._time: float | None = None
        self._running: dict[tuple[int | None, str], tuple[float, int]] = {}
        self._shown: dict[tuple[int | None, str], float] = {}

    def add(self, time: float, faces: Sequence[tuple[int | None, FaceEmotion]]) -> None:
        """Takes a frame.

        Args:
            time: Seconds since the first frame; later than in the call before.
            faces: The identity of each face, and what it shows.
        """
        self._pass(time)
        counts: dict[tuple[int | None, str], int] = {}
        for identity, face in faces:
            counts[identity, face.emotion] = counts.get((identity, face.emotion), 0) + 1
        for key in [key for key in self._running if key not in counts]:
            self._end(key, time)
        for key, count in counts.items():
            start = self._running[key][0] if key in self._running else time
            self._running[key] = (start, count)
        self._time = time

    def finish(self) -> None:
        """Ends every stretch, after the last frame."""
        if self._time is None:
            return
        end = self._time + self._last_duration
        self._pass(end)
        for key in list(self._running):
            self._end(key, end)
        self._time = None

    def seconds(self) -> Mapping[int | None, Mapping[str, float]]:
        """Seconds that each identity showed each emotion; two faces without identity count twice."""
        table: dict[int | None, dict[str, float]] = {}
        for (identity, emotion), shown in self._shown.items():
            table.setdefault(identity, {})[emotion] = shown
        return dict(sorted(table.items(), key=lambda item: (item[0] is None, item[0] or 0)))

    def _pass(self, now: float) -> None:
        if self._time is not None:
            for key, (_, count) in self._running.items():
                self._shown[key] = self._shown.get(key, 0.0) + count * max(0.0, now - self._time)

    def _end(self, key: tuple[int | None, str], end: float) -> None:
        start, _ = self._running.pop(key)
        self.stretches.append(Stretch(key[0], key[1], start, end))
