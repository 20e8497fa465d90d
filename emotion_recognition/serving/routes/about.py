"""``GET /v1/models``, ``/healthz`` and ``/metrics``: what runs, whether it runs, how much it does."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

import emotion_recognition
from emotion_recognition.serving import schemas
from emotion_recognition.serving.device import colours as colours_of
from emotion_recognition.serving.routes.errors import error_answers
from emotion_recognition.serving.service import Service


def about_routes(service: Service) -> APIRouter:
    """The routes, for a service."""
    router = APIRouter()
    models, limits = service.models, service.settings
    colours = colours_of(models.class_names)

    @router.get(
        "/v1/models",
        summary="Models, emotions, colours, limits",
        responses={200: {"model": schemas.About}, **error_answers(401, 403)},
    )
    async def about() -> JSONResponse:
        return JSONResponse(
            {
                "version": emotion_recognition.__version__,
                **models.to_dict(),
                "colours": colours,
                "limits": {
                    "bytes": limits.max_bytes,
                    "pixels": limits.max_pixels,
                    "images": limits.max_images,
                    "frames_per_second": limits.frames_per_second,
                    "seconds": limits.seconds,
                },
                "recommendations": service.recommender is not None,
            }
        )

    @router.get(
        "/healthz",
        summary="Whether the service works",
        responses={200: {"model": schemas.Health}, **error_answers(403)},
    )
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok", "waiting": service.pool.waiting})

    @router.get(
        "/metrics",
        summary="Figures for Prometheus",
        response_class=PlainTextResponse,
        responses=error_answers(401, 403),
    )
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    # Monitors and load balancers may ask for the head alone.
    for path, route in (("/v1/models", about), ("/healthz", health)):
        router.head(path, include_in_schema=False)(route)
    return router
