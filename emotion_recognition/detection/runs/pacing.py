"""When the frames of an annotated video are written: it lasts as long as its source and shows each frame at its time.

OpenCV writes evenly spaced frames; those of the source may be spaced unevenly, or have gaps. The times of frames go in,
how often the frame before is repeated comes out.
"""

#: Seconds without a frame that are kept; a damaged time must not make a video of days.
LONGEST_GAP = 600.0

#: Seconds that the written video may be behind its source, where frames come faster than it can show them.
MOST_BEHIND = 1.0

#: What the sum of many times may be off, in frames.
_ROUNDING = 1e-6


class Pacing:
    """Says how many frames are due; those that come faster than they can be shown, for longer, are left out.

    Args:
        rate: Frames a second of the video that is written.

    Example:
        >>> pacing = Pacing(rate=10.0)
        >>> [pacing.repeats(time) for time in (0.0, 0.1, 0.5)]  # three are missing before the last one
        [0, 0, 3]
        >>> [pacing.repeats(0.5 + number / 100) for number in range(1, 15)].count(None)  # ten times as fast
        3
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._written = 0
        self._left_out = self._last = 0.0

    def repeats(self, time: float) -> int | None:
        """How often the frame before is to be written again before the one of this time, which is written once.

        Args:
            time: Seconds since the first frame; not before that of the last call.

        Returns:
            The number; None where this frame is not to be written at all.
        """
        self._left_out += max(0.0, time - self._last - LONGEST_GAP)
        self._last = time
        due = (time - self._left_out) * self._rate
        if self._written - due > MOST_BEHIND * self._rate + _ROUNDING:
            return None
        count = max(0, round(due) - self._written)
        self._written += count + 1
        return count
