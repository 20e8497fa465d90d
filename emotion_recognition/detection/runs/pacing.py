"""When the frames of an annotated video are written: it lasts as long as its source and shows each frame at its time.

OpenCV writes evenly spaced frames; those of the source may be spaced unevenly, or have gaps. The times of frames go in,
how often the frame before is repeated comes out.
"""

#: Seconds without a frame that are kept; a damaged time must not make a video of days.
LONGEST_GAP = 600.0


class Pacing:
    """Says how many frames are due; every frame of the source is written at least once.

    Args:
        rate: Frames a second of the video that is written.

    Example:
        >>> pacing = Pacing(rate=10.0)
        >>> [pacing.repeats(time) for time in (0.0, 0.1, 0.5)]  # three are missing before the last one
        [0, 0, 3]
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._written = 0
        self._left_out = self._last = 0.0

    def repeats(self, time: float) -> int:
        """How often the frame before is to be written again before the one of this time, which is written once.

        Args:
            time: Seconds since the first frame; not before that of the last call.
        """
        self._left_out += max(0.0, time - self._last - LONGEST_GAP)
        self._last = time
        count = max(0, round((time - self._left_out) * self._rate) - self._written)
        self._written += count + 1
        return count
