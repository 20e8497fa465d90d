"""What stands before every route: who may come in, what every answer carries, what is counted.

Plain ASGI, so that bodies and streams pass through untouched.
"""

import hmac
import logging
import time
from collections.abc import Collection
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotion_recognition.serving.hosts import is_called_by
from emotion_recognition.serving.metrics import Metrics
from emotion_recognition.serving.refusal import RefusalError

#: The page runs its own scripts, WebAssembly among them, and talks to its own server; nothing else.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

#: A browser cannot send headers with a WebSocket; the page sends the key as a subprotocol of this beginning, with the
#: characters that a protocol's name cannot have, such as "/" and "=", as %2F and %3D.
KEY_PROTOCOL = "key."

_logger = logging.getLogger(__name__)


class Gate:
    """Wraps the application.

    Args:
        app: The routes.
        metrics: Counts.
        api_key: What requests to ``/v1`` and ``/metrics`` must have, as ``X-API-Key`` or ``Authorization: Bearer``;
            None lets everyone in.
        names: By which requests may call the service, see :mod:`~emotion_recognition.serving.hosts`; None for any.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, api_key: str | None, names: Collection[str] | None = None
    ) -> None:
        self._app, self._metrics, self._key, self._names = app, metrics, api_key, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes a request, a stream or the application's start and end."""
        if scope["type"] == "websocket":
            await self._stream(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._refusal(scope) is None:
            await self._app(scope, receive, send)
        else:
            # Closing before accepting: the client is answered 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, status = time.monotonic(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if scope["path"].startswith(("/v1/", "/healthz", "/metrics")):
                    headers["Cache-Control"] = "no-store"
                else:
                    # The page's files belong together: a browser asks whether what it has is still right.
                    headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        try:
            refusal = self._refusal(scope)
            if refusal is not None:
                raise refusal
            await self._app(scope, receive, answer)
        except RefusalError as refusal:
            await JSONResponse(refusal.to_dict(), refusal.status, refusal.headers)(scope, receive, answer)
        except ClientDisconnect:
            pass
        except Exception:
            # Where it happened, never what was sent.
            _logger.exception("%s %s failed", scope["method"], _route(scope))
        finally:
            route = _route(scope)
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.monotonic() - start)

    def _refusal(self, scope: Scope) -> RefusalError | None:
        headers, path = Headers(scope=scope), scope["path"]
        origin, host = headers.get("origin"), headers.get("host", "")
        if self._names is not None and not is_called_by(host, self._names):
            message = "This service does not go by that name; whoever runs it can make it answer to more."
            return RefusalError(403, "other_host", message)
        # Everything after the scheme: an origin has no path.
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            # No other site's page may use this one's visitors.
            return RefusalError(403, "other_origin", "Pages of other sites may not use this service.")
        if self._key is None or not path.startswith(("/v1/", "/metrics")):
            return None
        if not hmac.compare_digest(_key_in(headers).encode(), self._key.encode()):
            return RefusalError(401, "no_key", "Send the API key as X-API-Key.", headers={"WWW-Authenticate": "Bearer"})
        return None


def _key_in(headers: Headers) -> str:
    given = headers.get("x-api-key", "")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not given and scheme.lower() == "bearer":
        given = token.strip()
    for protocol in headers.get("sec-websocket-protocol", "").split(","):
        if not given and protocol.strip().startswith(KEY_PROTOCOL):
            given = unquote(protocol.strip().removeprefix(KEY_PROTOCOL))
    return given


def _route(scope: Scope) -> str:
    """The route's pattern, never a path: that may hold a person's identity."""
    route = scope.get("route")
    # As documents write it; of a socket's route there is the other alone.
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path if isinstance(path, str) and path else "other"
