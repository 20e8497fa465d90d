"""Who may come in, and what every answer carries."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import EmotionServer
from emotion_recognition.command_line.serving_options import allowed_hosts
from tests.serving.conftest import Serves, make_service, png


def test_every_answer_has_the_security_headers(serves: Serves) -> None:
    client = serves()
    for answer in (client.get("/"), client.get("/nowhere"), client.post("/v1/detect", content=b"x")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
    assert client.post("/v1/detect", content=png()).headers["cache-control"] == "no-store"


def test_a_browser_asks_whether_the_files_that_it_has_are_still_right(serves: Serves) -> None:
    client = serves(service=make_service(device={"face_ssd.onnx": b"network", "device.json": b"{}"}))
    for path in ("/", "/main.js", "/device/face_ssd.onnx"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
        again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get("/device/face_ssd.onnx").content == b"network"
    assert client.get("/device/device.json", headers={"if-none-match": answer.headers["etag"]}).json() == {}


def test_pages_of_other_sites_are_refused(serves: Serves) -> None:
    client = serves()
    own = client.post("/v1/detect", content=png(), headers={"origin": "http://testserver"})
    other = client.post("/v1/detect", content=png(), headers={"origin": "http://example.org"})
    asked = client.options(
        "/v1/detect", headers={"origin": "http://example.org", "access-control-request-method": "POST"}
    )
    assert (own.status_code, other.status_code, other.json()["code"], asked.status_code) == (
        200,
        403,
        "other_origin",
        403,
    )
    assert "access-control-allow-origin" not in asked.headers
    damaged = client.post("/v1/detect", content=png(), headers={"origin": "http://[testserver"})
    assert (damaged.status_code, damaged.json()["code"]) == (403, "other_origin")


def test_a_name_that_is_none_of_its_own_is_refused(serves: Serves) -> None:
    client = serves(service=make_service(names=frozenset({"faces.example"})))

    def status(host: str, path: str = "/v1/models") -> int:
        # As a browser does that takes the service for the page's own site.
        return client.get(path, headers={"host": host, "origin": f"http://{host}"}).status_code

    for host in ("127.0.0.1:8000", "[::1]:8000", "localhost:8000", "a.localhost", "Faces.Example.:443"):
        assert status(host) == 200
    for host in ("evil.example:8000", "faces.example.evil", "localhost.evil", "127.0.0.1.evil", "[", "1"):
        assert (status(host), status(host, "/")) == (403, 403)
    answer = client.get("/v1/models", headers={"host": "evil.example"})
    assert (answer.json()["code"], answer.headers["x-content-type-options"]) == ("other_host", "nosniff")
    assert refused_stream(client, headers={"host": "evil.example"}) == 1008
    assert serves().get("/v1/models", headers={"host": "evil.example"}).status_code == 200  # where any name will do


@pytest.mark.parametrize(
    ("options", "key", "listening", "names"),
    [
        ([], None, "127.0.0.1", set()),
        ([], None, "::1", set()),
        ([], "sesame", "127.0.0.1", None),
        ([], None, "0.0.0.0", None),
        ([], None, "192.168.0.7", None),
        (["--allowed_hosts", "Faces.example, faces"], None, "127.0.0.1", {"faces.example", "faces"}),
        (["--allowed_hosts", "faces.example"], "sesame", "0.0.0.0", {"faces.example"}),
    ],
)
def test_whose_names_are_asked_for(options: list[str], key: str | None, listening: str, names: set[str] | None) -> None:
    assert allowed_hosts(EmotionServer.build_parser().parse_args(options), key, listening) == names


@pytest.mark.parametrize("text", ["", "faces.example:8000", "https://faces.example", "a,,b", "faces .example", "*"])
def test_what_is_no_name_of_a_host_is_one_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        EmotionServer.build_parser().parse_args(["--allowed_hosts", text])
    message = f"argument --allowed_hosts: must be names of hosts, without ports. Received: {text}\n"
    assert capsys.readouterr().err.endswith(message)


def test_a_wrong_method_or_address_is_told_without_a_fault(serves: Serves) -> None:
    client = serves()
    for method, path, allowed in (("GET", "/v1/detect", "POST"), ("OPTIONS", "/v1/people/ada", "DELETE")):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["allow"], answer.json()["code"]) == (405, allowed, "wrong_method")
    assert client.post("/v1/detect/", content=png()).status_code == 405  # no redirection: there is no such address
    assert client.get("/v1/nowhere").json()["code"] == "not_found"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/nowhere"):
        pass


def refused_stream(client: TestClient, **more: object) -> int:
    with pytest.raises(WebSocketDisconnect) as raised, client.websocket_connect("/v1/stream", **more):  # type: ignore[arg-type]
        pass
    return raised.value.code


def test_streams_of_other_sites_are_refused(serves: Serves) -> None:
    assert refused_stream(serves(), headers={"origin": "http://example.org"}) == 1008


def test_with_a_key_only_those_who_have_it_come_in(serves: Serves) -> None:
    client = serves(key="sesame")
    for headers in ({}, {"x-api-key": "wrong"}, {"authorization": "Basic sesame"}, {"x-api-key": "sésame"}):
        encoded = {name: value.encode() for name, value in headers.items()}
        for path in ("/v1/models", "/metrics"):
            answer = client.get(path, headers=encoded)
            assert (answer.status_code, answer.json()["code"]) == (401, "no_key")
    for headers in ({"x-api-key": "sesame"}, {"authorization": "Bearer sesame"}):
        assert client.get("/v1/models", headers=headers).status_code == 200
    assert client.get("/").status_code == client.get("/healthz").status_code == 200
    assert refused_stream(client) == 1008
    with client.websocket_connect("/v1/stream", subprotocols=["emotions", "key.sesame"]) as socket:
        assert socket.accepted_subprotocol == "emotions"
    # What a protocol's name cannot have is sent as a browser's encodeURIComponent writes it.
    with serves(key="a/b+c=").websocket_connect("/v1/stream", subprotocols=["emotions", "key.a%2Fb%2Bc%3D"]) as socket:
        assert socket.accepted_subprotocol == "emotions"


def test_figures_count_requests_by_route_and_faces(serves: Serves) -> None:
    client = serves()
    client.post("/v1/detect", content=png())
    client.post("/v1/detect", content=b"x")
    client.delete("/v1/people/ada")
    text = client.get("/metrics").text
    assert 'emotion_requests_total{route="/v1/detect",status="200"} 1.0' in text
    assert 'emotion_requests_total{route="/v1/detect",status="422"} 1.0' in text
    assert 'route="/v1/people/{person}",status="501"' in text
    assert "emotion_faces_total 1.0" in text
    assert "emotion_waiting 0.0" in text
    assert "ada" not in text
