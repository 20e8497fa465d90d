"""The service stands what it is sent; ``benchmarks/service_fuzz.py`` sends thousands, this a few."""

import logging
from collections.abc import Iterator

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import response_schema_conformance

from benchmarks.service_fuzz import check, damaged_bodies, send_bodies
from emotion_recognition.serving.recommending.memory import Memory
from emotion_recognition.serving.recommending.recommender import Recommender
from tests.serving.conftest import NAMES, Serves, make_service, png
from tests.serving.test_recommend import ITEMS
from tests.serving.test_server import Served


def test_damaged_bodies_are_refused_without_a_fault(serves: Serves, caplog: pytest.LogCaptureFixture) -> None:
    client = serves(service=make_service(recommender=Recommender(ITEMS, NAMES, Memory(":memory:"))))
    answers = send_bodies(client, damaged_bodies(300, 1, png(20, 20)))
    check(answers)
    assert answers[422] > 100
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.fixture(scope="module")
def document() -> Iterator[schemathesis.BaseSchema]:
    served = Served(recommender=Recommender(ITEMS, NAMES, Memory(":memory:")), seconds=10)
    yield schemathesis.openapi.from_url(f"http://127.0.0.1:{served.port}/openapi.json")
    served.end()


def test_what_the_document_allows_is_never_a_fault(document: schemathesis.BaseSchema) -> None:
    called = set()
    for found in document.get_all_operations():
        operation = found.ok()

        @hypothesis.given(case=operation.as_strategy())
        @hypothesis.settings(max_examples=8, deadline=None, derandomize=True, database=None)
        def call(case: schemathesis.Case) -> None:
            response = case.call()
            called.add(case.path)
            assert response.status_code < 500 or response.status_code in (501, 503), response.text
            case.validate_response(response, checks=[response_schema_conformance])

        call()
    assert len(called) == 8


def test_the_document_has_every_address_with_an_example(document: schemathesis.BaseSchema) -> None:
    paths = document.raw_schema["paths"]
    assert set(paths) == {
        "/v1/detect",
        "/v1/detect-batch",
        "/v1/models",
        "/v1/recommend",
        "/v1/feedback",
        "/v1/people/{person}",
        "/healthz",
        "/metrics",
    }
    for path in ("/v1/detect", "/v1/detect-batch", "/v1/recommend", "/v1/feedback"):
        assert "example" in paths[path]["post"]["requestBody"]["content"]["application/json"]
