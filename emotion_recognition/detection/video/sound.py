"""Puts the sound of a video into its annotated copy, by PyAV, which is an optional extra.

OpenCV writes pictures alone. The finished copy and the video that it was made from go in; the sound's packets are
copied as they are, so nothing is lost and little is computed.
"""

import heapq
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from emotion_recognition.atomic_file import replace_when_complete

#: How to get what copying sound needs.
HOW_TO_GET = "pip install -r requirements-sound.txt"

#: The container's name for PyAV, by the suffix of what :mod:`emotion_recognition.detection.video.writer` writes.
_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".avi": "avi"}

#: What MP4, AVI and Matroska files have in their headers where they have sound.
_SIGNS_OF_SOUND = re.compile(rb"hdlr.{8}soun|strh.{4}auds|A_(AAC|OPUS|VORBIS|MPEG|E?AC3|FLAC|PCM|DTS|ALAC)", re.DOTALL)
_LOOKED_AT = 1 << 22


def can_copy_sound() -> bool:
    """Whether PyAV is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


def may_have_sound(video: Path) -> bool:
    """Whether a video seems to have sound, by its first and last 4 MB; needs no PyAV.

    Raises:
        OSError: If it cannot be read.
    """
    with video.open("rb") as file:
        start = file.read(_LOOKED_AT)
        file.seek(max(len(start), video.stat().st_size - _LOOKED_AT))
        return any(_SIGNS_OF_SOUND.search(piece) for piece in (start, file.read(_LOOKED_AT)))


def copy_sound(video: Path, copy: Path) -> str | None:
    """Adds the sound of a video to its annotated copy, from the copy's first frame to its last.

    Args:
        video: The video with sound, or without.
        copy: Its annotated copy, which begins with the video's first frame; it is replaced when all is well.

    Returns:
        Why there is no sound in the copy, in words; None where there is, or where the video has none.

    Raises:
        OSError: If the copy cannot be replaced.
    """
    import av

    try:
        with av.open(str(video)) as source:
            if not source.streams.audio:
                return None
            _mux(source, copy)
            return None
    except (av.FFmpegError, ValueError) as error:
        words = getattr(error, "strerror", None) or " ".join(str(error).split())
        return f"{copy.suffix} does not take it, or it cannot be copied: {words}"


def _mux(source: Any, copy: Path) -> None:
    """Writes the copy's picture and the source's sound into one file, in the copy's place."""
    import av

    start = _start_of_picture(source)
    source.seek(0)
    with replace_when_complete(copy) as partial, av.open(str(copy)) as silent:
        pictures, sounds = silent.streams.video[0], source.streams.audio[0]
        end = Fraction(silent.duration or 0, av.time_base)
        with av.open(str(partial), "w", format=_CONTAINERS[copy.suffix.lower()]) as joined:
            # A container that does not take the codec says so here.
            of_pictures, of_sounds = (joined.add_stream_from_template(stream) for stream in (pictures, sounds))
            merged = heapq.merge(
                _packets(silent, pictures, of_pictures, Fraction(0), None),
                _packets(source, sounds, of_sounds, start, end),
                key=lambda packet: packet.dts * packet.time_base,
            )
            for packet in merged:
                joined.mux(packet)


def _packets(container: Any, stream: Any, target: Any, start: Fraction, end: Fraction | None) -> Iterator[Any]:
    """The packets of a stream from a time on, which becomes 0, until another; all in seconds."""
    for packet in container.demux(stream):
        if packet.dts is None or packet.pts is None:
            continue
        shift = round(start / packet.time_base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        if end is None or (packet.pts >= 0 and packet.pts * packet.time_base < end):
            packet.stream = target
            yield packet


def _start_of_picture(source: Any) -> Fraction:
    """Seconds at which the first frame is shown; the sound may begin earlier."""
    picture = source.streams.video[0]
    for packet in source.demux(picture):
        for frame in packet.decode():
            return Fraction(frame.pts or 0) * frame.time_base
    return Fraction(0)
