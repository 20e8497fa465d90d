"""``WS /v1/stream``: frames in, faces with identities and smoothed probabilities out.

A binary message is a frame: a picture file, JPEG for instance. Each is answered by a message of JSON, the same object
as for a picture; or with ``skipped`` when frames come faster than the limit, or with ``error`` when it is no picture.
"""

import asyncio
import dataclasses
import time
from typing import Any, Protocol

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.detection.video.smoothing import Smoother
from emotion_recognition.detection.video.tracking import FaceTracker, can_track
from emotion_recognition.serving.gate import KEY_PROTOCOL
from emotion_recognition.serving.looking import Looks, decode
from emotion_recognition.serving.overlap_tracker import OverlapTracker
from emotion_recognition.serving.refusal import RefusalError
from emotion_recognition.serving.service import Service

#: A stream without a frame for this many seconds is closed.
IDLE_SECONDS = 60.0

#: WebSocket's codes: the message is too large or no frame, the server is busy.
_NO_FRAME, _BUSY = 1003, 1013

#: How early a frame may come, as a share of the time between two, and still count as in time.
_EARLY = 0.8

#: What a page names as its protocol beside the key.
PROTOCOL = "emotions"


class _Tracks(Protocol):
    def update(self, faces: Any) -> list[int | None]: ...


def stream_routes(service: Service) -> APIRouter:
    """The route, for a service."""
    router = APIRouter()
    open_streams = 0

    @router.websocket("/v1/stream")
    async def stream(socket: WebSocket) -> None:
        nonlocal open_streams
        offered = socket.scope.get("subprotocols", [])
        named = [name for name in offered if not name.startswith(KEY_PROTOCOL)]
        await socket.accept(named[0] if named else None)
        if open_streams >= service.settings.streams:
            await socket.close(_BUSY, f"there are {open_streams} streams already; try again later")
            return
        open_streams += 1
        service.metrics.streams.inc()
        try:
            # In a thread, since the first one imports the tracker, which takes seconds that others need not wait.
            await _serve(socket, await asyncio.to_thread(_Stream, service))
        except WebSocketDisconnect:
            pass
        finally:
            open_streams -= 1
            service.metrics.streams.dec()

    return router


async def _serve(socket: WebSocket, stream: "_Stream") -> None:
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), IDLE_SECONDS)
        except TimeoutError:
            await socket.close(1000, "no frame came for a minute")
            return
        if message["type"] == "websocket.disconnect":
            return
        content = message.get("bytes")
        if content is None:
            await socket.close(_NO_FRAME, "a frame must be a binary message with the bytes of a picture")
            return
        await socket.send_json(await stream.answer(content))


class _Stream:
    """One stream: its frames' numbers and times, its faces' identities."""

    def __init__(self, service: Service) -> None:
        self._service = service
        rate = service.settings.frames_per_second
        self._tracker: _Tracks = FaceTracker(rate, service.models.min_confidence) if can_track() else OverlapTracker()
        self._smoother = Smoother(service.smooth)
        self._number = -1
        self._start: float | None = None
        self._next = 0.0

    async def answer(self, content: bytes) -> dict[str, Any]:
        """What a frame shows."""
        self._number += 1
        now = time.monotonic()
        frames, limits = self._service.metrics.frames, self._service.settings
        if now < self._next:
            frames.labels("skipped").inc()
            return {"frame": self._number, "skipped": f"more than {limits.frames_per_second:g} frames a second"}
        self._next = now + _EARLY / limits.frames_per_second
        self._start = now if self._start is None else self._start
        seconds = now - self._start
        try:
            size, faces = await self._service.pool.run(lambda detector: _look(detector, content, limits.max_pixels))
        except RefusalError as refusal:
            frames.labels("refused").inc()
            return {"frame": self._number, **refusal.to_dict()}
        frames.labels("seen").inc()
        self._service.metrics.faces.inc(len(faces))
        seen = [
            SeenFace(
                dataclasses.replace(face, probabilities=self._smoother.update(who, seconds, face.probabilities)), who
            )
            for face, who in zip(faces, self._tracker.update(faces), strict=True)
        ]
        return Sight("stream", size, seen, self._number, seconds).to_dict()


def _look(detector: Looks, content: bytes, max_pixels: int) -> tuple[tuple[int, int], list[FaceEmotion]]:
    image = decode(content, "The frame", max_pixels)
    return (image.shape[1], image.shape[0]), list(detector.detect(image))
