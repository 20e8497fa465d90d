"""``POST /v1/recommend``, ``POST /v1/feedback`` and ``DELETE /v1/people/{person}``: items that suit a mood."""

import asyncio
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from emotion_recognition.serving import schemas
from emotion_recognition.serving.looking import look
from emotion_recognition.serving.recommending.catalogue import Item, check_items, is_whole
from emotion_recognition.serving.recommending.recommender import Recommender
from emotion_recognition.serving.refusal import RefusalError
from emotion_recognition.serving.request_bodies import Upload, decoded, read_json
from emotion_recognition.serving.routes.errors import error_answers
from emotion_recognition.serving.service import Service

_LONGEST_PERSON, _MOST_RANKED, _USUAL_RANKED = 100, 100, 10
_PERSON = {"type": "string", "minLength": 1, "maxLength": _LONGEST_PERSON}


def recommend_routes(service: Service) -> APIRouter:
    """The routes, for a service."""
    router = APIRouter()

    def recommender() -> Recommender:
        if service.recommender is None:
            raise RefusalError(501, "no_recommendations", service.no_recommender)
        return service.recommender

    @router.post(
        "/v1/recommend",
        summary="Items that suit a mood",
        responses={
            200: {"model": schemas.Recommendation},
            **error_answers(400, 401, 403, 408, 413, 422, 501, 503),
        },
        openapi_extra={"requestBody": _recommend_body(service)},
    )
    async def recommend(request: Request) -> JSONResponse:
        ranks = recommender()
        asked = await _object(request, service)
        moods = await _moods(asked, service)
        person = _person_with_consent(asked)
        items = _items(asked, service)
        most = asked.get("count", _USUAL_RANKED)
        if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= _MOST_RANKED:
            raise _wrong(f"count must be a whole number, 1..{_MOST_RANKED}.")
        ranking = await asyncio.to_thread(ranks.rank, moods, items=items, person=person, most=most)
        return JSONResponse(
            {
                "recommendation": ranking.name,
                "probabilities": moods,
                "items": [
                    {
                        "id": item.id,
                        "title": item.title,
                        "moods": list(item.moods),
                        "url": item.url,
                        "score": round(score, 6),
                    }
                    for item, score in ranking.items
                ],
            }
        )

    @router.post(
        "/v1/feedback",
        summary="What was done with a recommended item",
        responses={200: {"model": schemas.Taken}, **error_answers(400, 401, 403, 404, 408, 413, 422, 501)},
        openapi_extra={"requestBody": _feedback_body()},
    )
    async def feedback(request: Request) -> JSONResponse:
        ranks = recommender()
        asked = await _object(request, service)
        name, item, reward = asked.get("recommendation"), asked.get("item"), asked.get("reward", 1)
        if not isinstance(name, str) or not isinstance(item, str):
            raise _wrong("recommendation and item must be texts, as /v1/recommend gave them.")
        if not _is_share(reward):
            raise _wrong("reward must be a number from 0, not taken, to 1, taken.")
        try:
            recorded = await asyncio.to_thread(ranks.feedback, _sound(name), _sound(item), float(reward))
        except LookupError as error:
            raise RefusalError(404, "unknown", f"Feedback is for what was recommended: {error.args[0]}.") from error
        return JSONResponse({"recorded": recorded})

    @router.delete(
        "/v1/people/{person:path}",
        summary="Forget a person",
        responses={200: {"model": schemas.Forgotten}, **error_answers(401, 403, 422, 501)},
    )
    async def forget(request: Request, person: str) -> JSONResponse:
        # What a line break ends is no part of a route's parameter, and would be another person.
        if not request.scope["path"].endswith(f"/{person}"):
            raise _no_name()
        return JSONResponse({"deleted": await asyncio.to_thread(recommender().forget, _name_of(person))})

    return router


async def _object(request: Request, service: Service) -> dict[str, Any]:
    value = await read_json(request, service.settings)
    if not isinstance(value, dict):
        raise _wrong("The body must be a JSON object.")
    return value


async def _moods(asked: Mapping[str, Any], service: Service) -> dict[str, float]:
    """The emotions' probabilities, as they were sent or of the largest face of the picture that was."""
    names = service.models.class_names
    given, image = asked.get("probabilities"), asked.get("image")
    if (given is None) == (image is None):
        raise _wrong("Send either probabilities or an image.")
    if given is not None:
        if not isinstance(given, dict) or not given or not all(_is_share(value) for value in given.values()):
            raise _wrong("probabilities must be an object with a number, 0..1, for each emotion.")
        unknown = next((name for name in given if name not in names), None)
        if unknown is not None:
            raise _wrong(f"probabilities must be of the emotions {', '.join(names)}. Received: {_sound(unknown)[:40]}")
        total = math.fsum(given.values())
        if total <= 0:
            raise _wrong("One of the probabilities must be above 0.")
        return {name: given.get(name, 0.0) / total for name in names}
    if not isinstance(image, str):
        raise _wrong("image must be the picture's bytes as base64.")
    upload = Upload("1", decoded(image))
    seen = await service.pool.run(lambda detector: look(detector, upload, service.settings.max_pixels))
    if not seen["faces"]:
        raise RefusalError(422, "no_face", "There is no face on the picture; send another, or probabilities.")
    largest: dict[str, float] = max(seen["faces"], key=lambda face: face["box"][2] * face["box"][3])["probabilities"]
    return largest


def _person_with_consent(asked: Mapping[str, Any]) -> str | None:
    person = asked.get("person")
    if person is None:
        return None
    name = _name_of(person)
    if asked.get("consent") is not True:
        raise RefusalError(
            422, "no_consent", "A person is remembered only with their consent: send consent as true, or no person."
        )
    return name


def _name_of(person: object) -> str:
    """A person's name, the same for everyone who writes it alike.

    Raises:
        RefusalError: If it is none, or one that a path of an address cannot have, which could not be forgotten.
    """
    if not isinstance(person, str) or not 1 <= len(person) <= _LONGEST_PERSON:
        raise _wrong(f"person must be a text of 1 to {_LONGEST_PERSON} characters.")
    if person in (".", "..") or "\ufffd" in person or any(unicodedata.category(letter) == "Cc" for letter in person):
        raise _no_name()
    return unicodedata.normalize("NFC", _sound(person))


def _no_name() -> RefusalError:
    return _wrong(
        "person must be another text: an address cannot hold . or .. alone, control characters, nor what is no UTF-8."
    )


def _items(asked: Mapping[str, Any], service: Service) -> list[Item] | None:
    if asked.get("catalogue") is None:
        return None
    try:
        return check_items(asked["catalogue"], service.models.class_names, "catalogue")
    except ValueError as error:
        raise _wrong(_sound(str(error), strict=False)) from error


def _sound(text: str, *, strict: bool = True) -> str:
    """A text that can be stored and sent: JSON may hold halves of characters, which UTF-8 cannot."""
    if strict and not is_whole(text):
        raise _wrong("A text has half a character in it.")
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _wrong(message: str) -> RefusalError:
    return RefusalError(422, "wrong_value", message)


def _recommend_body(service: Service) -> dict[str, Any]:
    names = service.models.class_names
    share = {"type": "number", "minimum": 0, "maximum": 1}
    item = {
        "type": "object",
        "required": ["id", "title"],
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": 100},
            "title": {"type": "string", "minLength": 1, "maxLength": 500},
            "moods": {"type": "array", "items": {"type": "string", "enum": list(names)}},
            "url": {"type": "string", "maxLength": 500},
        },
    }
    schema = {
        "type": "object",
        "properties": {
            "probabilities": {
                "type": "object",
                "properties": dict.fromkeys(names, share),
                "additionalProperties": False,
                "minProperties": 1,
            },
            "image": {"type": "string", "description": "In place of probabilities: a picture's bytes as base64"},
            "catalogue": {"type": "array", "items": item, "description": "In place of the server's"},
            "count": {"type": "integer", "minimum": 1, "maximum": _MOST_RANKED, "default": _USUAL_RANKED},
            "person": {**_PERSON, "description": "Who is to be remembered; needs consent"},
            "consent": {"type": "boolean", "description": "Whether the person agrees to be remembered"},
        },
        "oneOf": [{"required": ["probabilities"]}, {"required": ["image"]}],
        "dependentSchemas": {"person": {"required": ["consent"], "properties": {"consent": {"const": True}}}},
    }
    example = {"probabilities": {names[0]: 0.1, names[-1]: 0.9}, "count": 3}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def _feedback_body() -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["recommendation", "item"],
        "properties": {
            "recommendation": {"type": "string"},
            "item": {"type": "string"},
            "reward": {"type": "number", "minimum": 0, "maximum": 1, "default": 1},
        },
    }
    example = {"recommendation": "T2Zp1s8bQm3xV0aa", "item": "walk", "reward": 1}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}
