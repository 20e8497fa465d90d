"""Pictures in, faces out, in each of the three forms; and every way in which a request can be wrong."""

import base64
import io
import tempfile
from typing import Any

import pytest
from PIL import Image

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.serving import schemas
from tests.serving.conftest import Serves, png

FACE = {
    "identity": None,
    "carried": False,
    "box": [0, 0, 4, 3],
    "score": 0.75,
    "emotion": "bright",
    "probabilities": {"dark": 0.0, "bright": 1.0},
    "landmarks": None,
}


def entry(name: str, faces: list[dict[str, Any]]) -> dict[str, Any]:
    return {"file": name, "frame": None, "time": None, "width": 4, "height": 3, "faces": faces}


def test_a_form_raw_bytes_and_json_give_the_same(serves: Serves) -> None:
    client = serves()
    form = client.post("/v1/detect", files={"image": ("me.png", png())})
    raw = client.post("/v1/detect", content=png(), headers={"content-type": "image/png"})
    unnamed = client.post("/v1/detect", content=png())
    text = base64.b64encode(png()).decode()
    as_json = client.post("/v1/detect", json={"image": text})
    as_url = client.post("/v1/detect", json={"image": f"data:image/png;base64,{text}"})
    assert [answer.status_code for answer in (form, raw, unnamed, as_json, as_url)] == [200] * 5
    assert form.json() == entry("me.png", [FACE])
    assert raw.json() == unnamed.json() == as_json.json() == as_url.json() == entry("1", [FACE])


def test_no_face_is_an_empty_list(serves: Serves) -> None:
    assert serves().post("/v1/detect", content=png(value=0)).json() == entry("1", [])


def test_a_name_has_neither_folders_nor_characters_that_hide_others(serves: Serves) -> None:
    client = serves()
    names = {
        "../../etc/passwd": "passwd",
        "C:\\photos\\me.png": "me.png",
        "a\u202eb.png": "ab.png",
        "x" * 300: "x" * 200,
    }
    for given, kept in names.items():
        assert client.post("/v1/detect", files={"image": (given, png())}).json()["file"] == kept


def test_a_batch_says_which_pictures_could_not_be_read(serves: Serves) -> None:
    files = [("images", ("a.png", png())), ("images", ("b.txt", b"hello")), ("images", ("c.png", png(value=0)))]
    answer = serves().post("/v1/detect-batch", files=files)
    assert answer.status_code == 200
    schemas.Batch.model_validate(answer.json())
    assert answer.json()["results"] == [entry("a.png", [FACE]), entry("c.png", [])]
    ((failed),) = answer.json()["failed"]
    assert failed["file"] == "b.txt"
    assert failed["error"].startswith("The picture is not a picture; JPEG,")
    assert answer.json()["models"] == ["brightness"]
    assert answer.json()["runtime"] == "no runtime"
    assert answer.json()["class_names"] == ["dark", "bright"]


def test_answers_are_what_the_document_says(serves: Serves) -> None:
    client = serves()
    schemas.Picture.model_validate(client.post("/v1/detect", content=png()).json())
    schemas.About.model_validate(client.get("/v1/models").json())
    schemas.Health.model_validate(client.get("/healthz").json())
    schemas.Picture.model_validate(schemas.EXAMPLE_PICTURE)
    schemas.Batch.model_validate(schemas.EXAMPLE_BATCH)
    assert client.post("/v1/detect", json={"image": schemas.EXAMPLE_BASE64}).json()["width"] == 2


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"content": b""}, 422, "no_picture"),
        ({"content": b"hello"}, 422, "not_a_picture"),
        ({"content": png()[:40]}, 422, "not_a_picture"),
        ({"content": png(), "headers": {"content-type": "text/plain"}}, 415, "unknown_form"),
        ({"content": png(), "headers": {"content-encoding": "gzip"}}, 415, "unknown_encoding"),
        ({"json": {"image": "&&&"}}, 422, "no_base64"),
        ({"json": {"image": "/etc/passwd"}}, 422, "no_base64"),
        ({"json": {"image": "http://example.org/me.jpg"}}, 422, "no_base64"),
        ({"json": {"image": ""}}, 422, "no_picture"),
        ({"json": {"images": []}}, 422, "no_picture"),
        ({"json": {"image": 7}}, 422, "no_picture"),
        ({"json": [1]}, 422, "no_picture"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 422, "no_json"),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 422, "no_json"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 422, "no_form"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=a"}}, 422, "no_form"),
        ({"data": {"image": "no file"}, "files": {"x": ("", b"")}}, 422, "no_picture"),
        ({"files": [("image", ("a", png())), ("image", ("b", png()))]}, 413, "too_many_images"),
        ({"files": [("image", (str(i), png())) for i in range(9)]}, 413, "too_many_images"),
        ({"json": {"image": [base64.b64encode(png()).decode()] * 2}}, 413, "too_many_images"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(serves: Serves, request_: dict[str, Any], status: int, code: str) -> None:
    answer = serves().post("/v1/detect", **request_)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    schemas.Error.model_validate(answer.json())
    assert "\n" not in answer.json()["error"]
    assert len(answer.json()["error"]) > 10


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"images": [base64.b64encode(png()).decode(), "", "***"]}},
        {"files": [("image", ("1", png())), ("image", ("2", b"")), ("image", ("3", b"***"))]},
    ],
)
def test_one_bad_picture_does_not_refuse_a_batch(serves: Serves, request_: dict[str, Any]) -> None:
    answer = serves().post("/v1/detect-batch", **request_)
    assert answer.status_code == 200
    assert [result["file"] for result in answer.json()["results"]] == ["1"]
    failed = answer.json()["failed"]
    assert [entry["file"] for entry in failed] == ["2", "3"]
    assert "an empty one" in failed[0]["error"]
    # Base64 says what is wrong with it; bytes are no picture.
    assert ("must be base64" if "json" in request_ else "not a picture") in failed[1]["error"]


def test_monitors_may_ask_for_the_head_alone(serves: Serves) -> None:
    client = serves()
    for path in ("/healthz", "/v1/models"):
        assert client.head(path).status_code == 200
        assert "head" not in client.get("/openapi.json").json()["paths"][path]


def test_what_is_not_there_is_said_as_json(serves: Serves) -> None:
    client = serves()
    assert client.get("/nowhere").json()["code"] == "not_found"
    assert client.get("/v1/detect").json()["code"] == "wrong_method"
    assert client.get("/../../etc/passwd").status_code == 404
    assert client.get("/%2e%2e/app.py").status_code == 404
    assert client.post("/healthz").json()["code"] == "wrong_method"


def test_an_animation_says_how_many_images_it_has(serves: Serves) -> None:
    frames = [Image.new("RGB", (4, 3), (value,) * 3) for value in (255, 0)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert serves().post("/v1/detect", content=file.getvalue()).json()["images"] == 2


def test_a_picture_is_never_written_to_a_disk(serves: Serves, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was opened")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    large = png(1200, 1000) + bytes(3_000_000)
    assert serves().post("/v1/detect", files={"image": ("me.png", large)}).status_code == 200


def test_a_fault_of_the_program_is_a_500_without_its_text(serves: Serves, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def detect(self, image: object) -> list[Any]:
            raise KeyError("secret")

    answer = serves(Broken()).post("/v1/detect", content=png())
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["code"] == "mistake"
    assert "POST /v1/detect failed" in caplog.text


def test_a_turned_face_is_as_the_document_says() -> None:
    turned = FaceEmotion((1, 2, 30, 40), 0.9, {"happy": 1.0}, direction=90)
    face = {"identity": None, "carried": False, **turned.to_dict()}
    assert schemas.Face.model_validate(face).direction == 90
    assert schemas.Face.model_validate({**face, "direction": 0}).direction == 0
