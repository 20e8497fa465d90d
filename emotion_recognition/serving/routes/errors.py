"""How OpenAPI describes the answers to requests that are not carried out."""

from typing import Any

from emotion_recognition.serving import schemas

_REASONS = {
    400: "The request is damaged, or broke off",
    401: "The API key is missing or wrong",
    403: "The request comes from another site's page",
    404: "There is no such thing",
    408: "The request took too long to arrive",
    413: "Too many bytes, pixels or pictures",
    415: "The body has none of the forms that are taken",
    422: "The body has not what is asked for, or no picture",
    501: "This server has no recommendations",
    503: "All detectors are busy; Retry-After says when to ask again",
}


def error_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The entries of OpenAPI for some statuses."""
    return {status: {"model": schemas.Error, "description": _REASONS[status]} for status in statuses}
