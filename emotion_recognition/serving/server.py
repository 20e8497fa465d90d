"""Runs the service until it is told to end; requests that have begun are answered first."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from emotion_recognition.error_about import about
from emotion_recognition.serving.patient_protocol import PatientProtocol
from emotion_recognition.serving.settings import ServingSettings

#: uvicorn's reader of streams that uses no deprecated part of websockets.
_WEBSOCKET = "websockets-sansio"

_MOST_PORT = 65535


def open_socket(host: str, port: int) -> socket.socket:
    """Takes an address, before anything is loaded.

    Args:
        host: A name or an address of this machine.
        port: 0 takes a free one.

    Raises:
        ValueError: If there is no such port.
        OSError: If it is taken, not of this machine, or not allowed.
    """
    if not 0 <= port <= _MOST_PORT:
        raise about(ValueError(f"port must be 0..{_MOST_PORT}. Received: {port}"), "port")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        known = not isinstance(error, socket.gaierror) and error.errno is not None
        reason = os.strerror(error.errno or 0) if known else error.strerror
        raise OSError(f"The address {host}:{port} cannot be used: {reason}.") from error


def address_of(listening: socket.socket) -> str:
    """The page's address, as a browser takes it."""
    host, port = listening.getsockname()[:2]
    host = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve(app: ASGIApp, listening: socket.socket, settings: ServingSettings, started: Callable[[], None]) -> None:
    """Serves until SIGINT or SIGTERM.

    Args:
        app: The application.
        listening: Where.
        settings: The limits.
        started: Called when requests are taken.
    """
    server = _Server(server_config(app, settings), started)
    with contextlib.closing(listening), contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


def server_config(app: ASGIApp, settings: ServingSettings) -> uvicorn.Config:
    """How uvicorn runs the service: it logs no requests, and names neither itself nor its version."""
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws=_WEBSOCKET,
        ws_max_size=settings.max_bytes,
        ws_per_message_deflate=False,
        limit_concurrency=settings.connections + 1,  # uvicorn refuses from this number on
        timeout_keep_alive=15,
        timeout_graceful_shutdown=round(settings.seconds) + 5,
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._say = started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends the server at SIGINT and SIGTERM; uvicorn itself would then kill the process by the same signal."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {kind: signal.signal(kind, self.handle_exit) for kind in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._say()
