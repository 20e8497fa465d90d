"""Puts the service together: routes, page, gate. The server runs what comes out."""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

import emotion_recognition
from emotion_recognition.serving.gate import Gate
from emotion_recognition.serving.refusal import RefusalError
from emotion_recognition.serving.routes.about import about_routes
from emotion_recognition.serving.routes.detect import detect_routes
from emotion_recognition.serving.routes.recommend import recommend_routes
from emotion_recognition.serving.routes.stream import stream_routes
from emotion_recognition.serving.service import Service

#: The page's files, which lie in the package.
PAGE = Path(__file__).resolve().parent / "page"

_DESCRIPTION = """Finds faces on pictures and says what emotion each expresses.

Pictures are neither stored nor logged. An expression on a picture is not what somebody feels: do not decide anything
about a person with it. `WS /v1/stream` takes frames as binary messages (picture files, such as JPEG) and answers each
with the JSON of a picture, with identities and smoothed probabilities."""


def create_app(service: Service) -> ASGIApp:
    """Returns the application, ready for an ASGI server."""

    @contextlib.asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.pool.close()
        if service.recommender is not None:
            service.recommender.close()

    # No pages that load scripts from elsewhere; /openapi.json is read by any viewer.
    app = FastAPI(
        title="Facial expression recognition",
        version=emotion_recognition.__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=life,
    )
    for routes in (detect_routes, about_routes, stream_routes, recommend_routes):
        app.include_router(routes(service))
    app.add_exception_handler(RefusalError, _refused)
    app.add_exception_handler(HTTPException, _not_there)
    app.add_exception_handler(Exception, _failed)
    for name, content in service.device.items():
        app.add_api_route(f"/device/{name}", _file(name, content), include_in_schema=False)
    # Not mounted at "/", which would also take the wrong methods of the routes above.
    app.router.default = _page_or_nothing(StaticFiles(directory=PAGE, html=True))
    return Gate(app, service.metrics, service.api_key, service.names)


def _page_or_nothing(files: StaticFiles) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await files(scope, receive, send)
        else:
            await WebSocketClose()(scope, receive, send)

    return answer


def _file(name: str, content: bytes) -> Any:
    kind = "application/json" if name.endswith(".json") else "application/octet-stream"

    tag = f'"{hashlib.sha256(content).hexdigest()}"'

    async def answer(request: Request) -> Response:
        known = tag in request.headers.get("if-none-match", "")
        return Response(b"" if known else content, 304 if known else 200, {"ETag": tag}, kind)

    return answer


async def _refused(_: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, RefusalError)
    return JSONResponse(refusal.to_dict(), refusal.status, refusal.headers)


async def _failed(_: Request, __: Exception) -> JSONResponse:
    # The gate logs it.
    return JSONResponse({"error": "The server has made a mistake; its log says which.", "code": "mistake"}, 500)


async def _not_there(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    known = {
        404: ("not_found", "There is nothing here."),
        405: ("wrong_method", "This method is not for this address."),
    }
    code, message = known.get(error.status_code, ("refused", str(error.detail)))
    return JSONResponse({"error": message, "code": code}, error.status_code, dict(error.headers or {}))
