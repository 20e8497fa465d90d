"""HTTP connections that do not wait for ever: a client that sends no whole request in time is cut off.

uvicorn itself waits without end for the headers of a first request, and for what is left of a body whose request has
been answered already, so that a few thousand such connections would use up all that a server may have.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds from a connection's start, or its next request's first byte, to the end of the headers; and from an answer
#: that did not wait for the whole body, such as a refusal, to the body's end.
HEADER_SECONDS = 10.0


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, with a time limit for headers and for bodies that nobody reads."""

    header_seconds = HEADER_SECONDS
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts waiting for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Takes bytes; headers that have begun must end in time."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE or self._is_left_over():
            self._wait()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Waits for the next request, or for the rest of this one."""
        super().on_response_complete()
        if self._is_left_over():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_left_over(self) -> bool:
        """Whether what comes in belongs to a request that has been answered."""
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(self.header_seconds, self._cut_off)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _cut_off(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
