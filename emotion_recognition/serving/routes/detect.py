"""``POST /v1/detect`` and ``/v1/detect-batch``: pictures in, faces and emotions out."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from emotion_recognition.serving import schemas
from emotion_recognition.serving.looking import look, look_at_all
from emotion_recognition.serving.request_bodies import read_uploads
from emotion_recognition.serving.routes.errors import error_answers
from emotion_recognition.serving.service import Service

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_BASE64 = {
    "type": "string",
    "description": "The file's bytes as base64, or a data: URL",
    "contentEncoding": "base64",
    "pattern": "^(data:[^,]*,)?([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "minLength": 4,
}
_FILE = {"type": "string", "format": "binary"}


def detect_routes(service: Service) -> APIRouter:
    """The routes, for a service."""
    router = APIRouter()
    most = service.settings.max_images

    @router.post(
        "/v1/detect",
        summary="Faces and emotions on one picture",
        responses={
            200: {"model": schemas.Picture, "content": {"application/json": {"example": schemas.EXAMPLE_PICTURE}}},
            **error_answers(400, 401, 403, 408, 413, 415, 422, 503),
        },
        openapi_extra={"requestBody": _body("image", _BASE64, _FILE, raw=True)},
    )
    async def detect(request: Request) -> JSONResponse:
        (upload,) = await read_uploads(request, service.settings, most=1, json_name="image")
        seen = await service.pool.run(lambda detector: look(detector, upload, service.settings.max_pixels))
        service.metrics.faces.inc(len(seen["faces"]))
        return JSONResponse(seen)

    @router.post(
        "/v1/detect-batch",
        summary="Faces and emotions on several pictures",
        responses={
            200: {"model": schemas.Batch, "content": {"application/json": {"example": schemas.EXAMPLE_BATCH}}},
            **error_answers(400, 401, 403, 408, 413, 415, 422, 503),
        },
        openapi_extra={"requestBody": _body("images", _many(_BASE64, most), _many(_FILE, most), raw=False)},
    )
    async def detect_batch(request: Request) -> JSONResponse:
        uploads = await read_uploads(request, service.settings, most=most, json_name="images")
        results, failed = await service.pool.run(
            lambda detector: look_at_all(detector, uploads, service.settings.max_pixels)
        )
        service.metrics.faces.inc(sum(len(seen["faces"]) for seen in results))
        return JSONResponse({**service.models.to_dict(), "results": results, "failed": failed, "summary": None})

    return router


def _many(one: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": one, "minItems": 1, "maxItems": most}


def _body(name: str, in_json: dict[str, Any], in_form: dict[str, Any], *, raw: bool) -> dict[str, Any]:
    def form(field: dict[str, Any]) -> dict[str, Any]:
        return {"schema": {"type": "object", "required": [name], "properties": {name: field}}}

    example: Any = schemas.EXAMPLE_BASE64 if raw else [schemas.EXAMPLE_BASE64]
    kinds = {
        "multipart/form-data": form(in_form),
        "application/json": {**form(in_json), "example": {name: example}},
    }
    if raw:
        kinds |= {"image/jpeg": _BYTES, "image/png": _BYTES, "application/octet-stream": _BYTES}
    return {"required": True, "content": kinds}
