"""What Prometheus reads at ``/metrics``: requests, how long they took, faces, the queue."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

#: Upper ends of the histogram's ranges in seconds.
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The figures of one service.

    Args:
        waiting: Gives the number of requests that wait for a detector.
    """

    def __init__(self, waiting: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter("emotion_requests", "Requests answered", ["route", "status"], registry=self._registry)
        self.seconds = Histogram(
            "emotion_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self.faces = Counter("emotion_faces", "Faces found", registry=self._registry)
        self.streams = Gauge("emotion_streams", "Open streams", registry=self._registry)
        self.frames = Counter("emotion_frames", "Frames of streams", ["outcome"], registry=self._registry)
        Gauge("emotion_waiting", "Requests that wait for a detector", registry=self._registry).set_function(waiting)

    def text(self) -> bytes:
        """The figures in Prometheus's text format."""
        return generate_latest(self._registry)
