"""HTTP connections that do not wait for ever: a client that sends no whole request in time is cut off.

uvicorn itself waits without end for the headers of a first request, and for what is left of a body whose request has
been answered already, so that a few thousand such connections would use up all that a server may have. Where the client
wants the connection closed, it does the opposite and closes before the body has come: the client's system then throws
the answer away. Here the rest of the body is read first, as long as the time allows.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds from a connection's start, or its next request's first byte, to the end of the headers; and from an answer
#: that did not wait for the whole body, such as a refusal, to the body's end.
HEADER_SECONDS = 10.0


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, with a time limit for headers and for bodies that nobody reads."""

    header_seconds = HEADER_SECONDS
    _waiting: asyncio.TimerHandle | None = None
    _is_closing = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts waiting for the first request."""
        super().connection_made(_ClosedByProtocol(transport, self))  # type: ignore[arg-type]
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Takes bytes; headers that have begun must end in time. What comes in before closing is thrown away."""
        if self._is_closing:
            self._throw_away(data)
            return
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

    def close(self, transport: asyncio.Transport) -> None:
        """Closes the connection, or says so to the client and reads first what is left of its request."""
        is_upgraded = transport.get_protocol() is not self
        if is_upgraded or self._is_closing or self.conn.their_state is not h11.SEND_BODY or transport.is_closing():
            transport.close()
            return
        self._is_closing = True
        if transport.can_write_eof():
            transport.write_eof()
        self.flow.resume_reading()
        self._wait()

    def _throw_away(self, data: bytes) -> None:
        try:
            self.conn.receive_data(data)
            while isinstance(self.conn.next_event(), h11.Data):
                pass
        except h11.RemoteProtocolError:
            pass  # their state is an error then
        if self.conn.their_state is not h11.SEND_BODY:
            self.transport.close()

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
        self._is_closing = True
        self.transport.close()


class _ClosedByProtocol:
    """A transport whose closing its protocol decides; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, protocol: PatientProtocol) -> None:
        self._transport = transport
        self._protocol = protocol

    def close(self) -> None:
        """Asks the protocol to close."""
        self._protocol.close(self._transport)

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._protocol._is_closing or self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
