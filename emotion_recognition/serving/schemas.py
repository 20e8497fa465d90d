"""The service's answers as OpenAPI describes them; the examples are real ones of the sample photograph.

The answers themselves are not checked against these models, which would take longer than finding a face; a test does
so.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Face(_Answer):
    """A face and what it expresses."""

    identity: int | None = Field(description="Whose face it is in a stream, counted from 1; null when unknown")
    carried: bool = Field(description="Whether the frame was not looked at and repeats the one before")
    box: list[int] = Field(min_length=4, max_length=4, description="x, y, width, height in pixels, upright picture")
    score: float = Field(ge=0, le=1, description="The face detector's confidence")
    emotion: str = Field(description="The most probable emotion")
    probabilities: dict[str, float] = Field(description="Of each emotion, 0..1")
    landmarks: list[list[float]] | None = Field(description="Points (x, y) in pixels; null without")
    direction: int = Field(
        default=0, description="How far the face is turned clockwise, to the next quarter turn, in degrees; 0 without"
    )


class Picture(_Answer):
    """What is on a picture or a frame."""

    file: str = Field(description="The name that it was sent with")
    frame: int | None = Field(description="Number of the frame in a stream, from 0")
    time: float | None = Field(description="Seconds since the stream's first frame")
    width: int
    height: int
    images: int = Field(default=1, description="Images in the file, if it is an animation: the first was looked at")
    faces: list[Face]


class Failure(_Answer):
    """A picture that could not be read."""

    file: str
    error: str


class Batch(_Answer):
    """What is on several pictures, as `EmotionDetector.py --json` writes it."""

    models: list[str]
    detector: str
    runtime: str
    class_names: list[str]
    results: list[Picture]
    failed: list[Failure]
    summary: None


class Limits(_Answer):
    """What the service takes."""

    bytes: int
    pixels: int
    images: int
    frames_per_second: float
    seconds: float


class About(_Answer):
    """What the service detects with."""

    version: str
    models: list[str]
    detector: str
    runtime: str = Field(description="What runs the models")
    class_names: list[str]
    colours: dict[str, str] = Field(description="A colour for each emotion, #rrggbb")
    limits: Limits
    recommendations: bool = Field(description="Whether `/v1/recommend` is there")


class Health(_Answer):
    """Whether the service works."""

    status: str
    waiting: int = Field(description="Requests that wait for a detector")


class Error(_Answer):
    """Why a request was not carried out."""

    error: str
    code: str


class Item(_Answer):
    """An item of the catalogue, in its place."""

    id: str
    title: str
    moods: list[str]
    url: str | None
    score: float = Field(description="Expected reward; only the order of scores matters")


class Recommendation(_Answer):
    """Items, best first."""

    recommendation: str = Field(description="Send it back with the feedback")
    probabilities: dict[str, float]
    items: list[Item]


class Taken(_Answer):
    """What became of a feedback."""

    recorded: bool


class Forgotten(_Answer):
    """What was deleted."""

    deleted: int = Field(description="Number of deleted entries")


EXAMPLE_FACE: dict[str, Any] = {
    "identity": None,
    "carried": False,
    "box": [178, 60, 93, 117],
    "score": 0.999587,
    "emotion": "happy",
    "probabilities": {
        "anger": 0.000201,
        "disgust": 0.000542,
        "fear": 0.000144,
        "happy": 0.997307,
        "sad": 0.000057,
        "surprise": 0.001375,
        "neutral": 0.000375,
    },
    "landmarks": [[204.3, 101.7], [245.9, 103.4], [222.9, 127.0], [202.5, 144.3], [242.5, 144.2]],
}
EXAMPLE_PICTURE: dict[str, Any] = {
    "file": "testImage.jpg",
    "frame": None,
    "time": None,
    "width": 512,
    "height": 512,
    "faces": [EXAMPLE_FACE],
}
EXAMPLE_BATCH: dict[str, Any] = {
    "models": ["emotion_classification_7classes_photographs"],
    "detector": "SSD at 320 pixels",
    "runtime": "OpenCV 4.14.0",
    "class_names": list(EXAMPLE_FACE["probabilities"]),
    "results": [EXAMPLE_PICTURE],
    "failed": [{"file": "notes.txt", "error": "The picture is not a picture; JPEG, PNG, ... files are read."}],
    "summary": None,
}

#: A grey picture of 2×2 pixels as PNG, which has no face: small enough for a document.
EXAMPLE_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVQIHWNsYGBsYAAAA48BA7PgjjkAAAAASUVORK5CYII="
