"""Items that suit a mood, feedback, consent, forgetting."""

import base64
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from emotion_recognition.serving.recommending.bandit import PENALTY, TAG_WEIGHT, Bandit
from emotion_recognition.serving.recommending.catalogue import Item, check_items, read_catalogue
from emotion_recognition.serving.recommending.memory import Feedback, Memory
from emotion_recognition.serving.recommending.recommender import Recommender
from tests.conftest import REPOSITORY
from tests.serving.conftest import NAMES, Serves, make_service, png

ITEMS = [Item("lamp", "A lamp", ("dark",)), Item("shade", "A shade", ("bright",)), Item("chair", "A chair", ())]
DARK, BRIGHT = {"dark": 1.0, "bright": 0.0}, {"dark": 0.0, "bright": 1.0}


@pytest.fixture
def client(serves: Serves, tmp_path: Path) -> TestClient:
    recommender = Recommender(ITEMS, NAMES, Memory(tmp_path / "memory.sqlite"))
    return serves(service=make_service(recommender=recommender))


def ask(client: TestClient, **body: Any) -> Any:
    return client.post("/v1/recommend", json=body)


def first(client: TestClient, moods: dict[str, float]) -> str:
    return str(ask(client, probabilities=moods, count=1).json()["items"][0]["id"])


def test_a_new_catalogue_is_ranked_by_its_moods(client: TestClient) -> None:
    answer = ask(client, probabilities=DARK).json()
    assert answer["probabilities"] == DARK
    assert answer["items"][0] == {**answer["items"][0], "id": "lamp", "title": "A lamp", "moods": ["dark"], "url": None}
    assert [item["id"] for item in answer["items"]] == ["lamp", "chair", "shade"]
    assert first(client, BRIGHT) == "shade"


def test_feedback_changes_what_comes_first_in_that_mood_alone(client: TestClient) -> None:
    for _ in range(30):
        for item, reward in (("lamp", 0), ("chair", 1)):
            name = ask(client, probabilities=DARK).json()["recommendation"]
            answer = client.post("/v1/feedback", json={"recommendation": name, "item": item, "reward": reward})
            assert answer.json() == {"recorded": True}
    assert first(client, DARK) == "chair"
    assert first(client, BRIGHT) == "shade"


def test_a_picture_stands_for_the_mood_of_its_face(client: TestClient) -> None:
    answer = ask(client, image=base64.b64encode(png(value=255)).decode())
    assert answer.json()["items"][0]["id"] == "shade"
    nobody = ask(client, image=base64.b64encode(png(value=0)).decode())
    assert (nobody.status_code, nobody.json()["code"]) == (422, "no_face")


def test_probabilities_may_have_any_sum_and_leave_out_emotions(client: TestClient) -> None:
    assert ask(client, probabilities={"bright": 0.25}).json()["probabilities"] == BRIGHT


def test_a_catalogue_may_come_with_the_request_and_is_learned_too(client: TestClient) -> None:
    mine = [{"id": "sun", "title": "Sun", "moods": ["bright"]}, {"id": "moon", "title": "Moon", "moods": ["dark"]}]
    answer = ask(client, probabilities=DARK, catalogue=mine).json()
    assert [item["id"] for item in answer["items"]] == ["moon", "sun"]
    for _ in range(30):
        for item, reward in (("moon", 0), ("sun", 1)):
            name = ask(client, probabilities=DARK, catalogue=mine).json()["recommendation"]
            client.post("/v1/feedback", json={"recommendation": name, "item": item, "reward": reward})
    assert [item["id"] for item in ask(client, probabilities=DARK, catalogue=mine).json()["items"]] == ["sun", "moon"]


def test_feedback_counts_once_and_only_for_what_was_recommended(client: TestClient) -> None:
    name = ask(client, probabilities=DARK, count=1).json()["recommendation"]
    given = {"recommendation": name, "item": "lamp"}
    assert client.post("/v1/feedback", json=given).json() == {"recorded": True}
    assert client.post("/v1/feedback", json={**given, "reward": 0}).json() == {"recorded": False}
    for wrong in ({"recommendation": name, "item": "shade"}, {"recommendation": "other", "item": "lamp"}):
        answer = client.post("/v1/feedback", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown")


def people(path: Path) -> set[str]:
    """Everybody that the file names, read from its bytes."""
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    return {name for name in ("ada", "bob") if name.encode() in stored}


def test_nobody_is_remembered_without_consent_and_everybody_is_forgotten_who_asks(
    client: TestClient, tmp_path: Path
) -> None:
    for consent in ({}, {"consent": False}, {"consent": "true"}, {"consent": 1}):
        answer = ask(client, probabilities=DARK, person="ada", **consent)
        assert (answer.status_code, answer.json()["code"]) == (422, "no_consent")
    assert people(tmp_path / "memory.sqlite") == set()
    for who in ("ada", "bob"):
        for _ in range(12):
            name = ask(client, probabilities=DARK, person=who, consent=True).json()["recommendation"]
            client.post("/v1/feedback", json={"recommendation": name, "item": "chair" if who == "ada" else "lamp"})
    assert people(tmp_path / "memory.sqlite") == {"ada", "bob"}

    def favourite(who: str) -> str:
        return str(ask(client, probabilities=BRIGHT, person=who, consent=True).json()["items"][0]["id"])

    assert (favourite("ada"), favourite("bob")) == ("chair", "lamp")  # though neither is the mood's
    assert client.delete("/v1/people/ada").json() == {"deleted": 25}
    assert people(tmp_path / "memory.sqlite") == {"bob"}
    assert first(client, BRIGHT) == "shade"
    assert client.delete("/v1/people/ada").json() == {"deleted": 0}


@pytest.mark.parametrize("address", ["a/b", "a%2Fb"])
def test_people_whose_names_have_a_slash_are_forgotten_too(address: str, client: TestClient) -> None:
    ask(client, probabilities=DARK, person="a/b", consent=True)
    assert client.delete(f"/v1/people/{address}").json() == {"deleted": 1}


def test_a_name_is_the_same_however_its_letters_are_composed(client: TestClient) -> None:
    ask(client, probabilities=DARK, person="Zo\u00eb", consent=True)
    assert client.delete("/v1/people/Zoe%CC%88").json() == {"deleted": 1}


def test_a_line_break_does_not_make_somebody_else_forgotten(client: TestClient) -> None:
    ask(client, probabilities=DARK, person="ada", consent=True)
    assert client.delete("/v1/people/ada%0A").status_code == 422
    assert client.delete("/v1/people/ada").json() == {"deleted": 1}


@pytest.mark.parametrize("address", ["", "%FF", "%2E%2E", "a%0Ada", "a%00"])
def test_what_can_be_no_name_is_not_said_to_be_forgotten(address: str, client: TestClient) -> None:
    assert client.delete(f"/v1/people/{address}").status_code in (404, 405, 422)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"probabilities": DARK, "person": ".", "consent": True}, "an address cannot hold"),
        ({"probabilities": DARK, "person": "..", "consent": True}, "an address cannot hold"),
        ({"probabilities": DARK, "person": "ada\n", "consent": True}, "an address cannot hold"),
        ({"probabilities": DARK, "person": "a\nda", "consent": True}, "an address cannot hold"),
        ({"probabilities": DARK, "person": "a\x00", "consent": True}, "an address cannot hold"),
        ([1], "must be a JSON object"),
        ({}, "either probabilities or an image"),
        ({"probabilities": DARK, "image": ""}, "either probabilities or an image"),
        ({"probabilities": {}}, "a number, 0..1, for each emotion"),
        ({"probabilities": {"dark": 2}}, "a number, 0..1, for each emotion"),
        ({"probabilities": {"dark": True}}, "a number, 0..1, for each emotion"),
        ({"probabilities": {"dark": 0}}, "above 0"),
        ({"probabilities": {"calm": 1}}, "of the emotions dark, bright. Received: calm"),
        ({"probabilities": DARK, "count": 0}, "1..100"),
        ({"probabilities": DARK, "count": True}, "1..100"),
        ({"probabilities": DARK, "person": "", "consent": True}, "1 to 100 characters"),
        ({"probabilities": DARK, "person": "\ud800", "consent": True}, "half a character"),
        ({"probabilities": DARK, "catalogue": {}}, "catalogue must be a list"),
        ({"probabilities": DARK, "catalogue": []}, "catalogue has no items"),
        ({"probabilities": DARK, "catalogue": [{"id": "1", "title": ""}]}, "row 1: title must be a text"),
        ({"probabilities": DARK, "catalogue": [{"id": "1", "title": "\ud800"}]}, "title has half a character in it"),
        ({"probabilities": DARK, "catalogue": [{"id": "\ud800", "title": "x"}]}, "id has half a character in it"),
        ({"probabilities": DARK, "catalogue": [{"id": "1", "title": "x", "url": "/\ud800"}]}, "url must begin with"),
        ({"image": 3}, "base64"),
    ],
)
def test_wrong_requests_say_what_is_wrong(client: TestClient, body: Any, said: str) -> None:
    answer = client.post("/v1/recommend", content=json.dumps(body))
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def test_wrong_feedback_says_what_is_wrong(client: TestClient) -> None:
    for body in (
        {"item": "lamp"},
        {"recommendation": "x", "item": 1},
        {"recommendation": "x", "item": "y", "reward": 2},
    ):
        answer = client.post("/v1/feedback", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_value")


def test_without_a_catalogue_the_service_says_so(serves: Serves) -> None:
    answer = ask(serves(), probabilities=DARK)
    assert (answer.status_code, answer.json()) == (
        501,
        {"error": "This server has no catalogue.", "code": "no_recommendations"},
    )


def test_what_was_learned_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    code = (
        "import os, signal\n"
        "from emotion_recognition.serving.recommending.memory import Memory\n"
        f"memory = Memory({str(path)!r})\n"
        "memory.add_recommendation('r', {'dark': 1.0}, {'lamp': ['dark']}, None)\n"
        "assert memory.add_feedback('r', 'lamp', 0.5)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env={**os.environ}, check=False)
    assert done.returncode == -signal.SIGKILL
    memory = Memory(path)
    assert memory.all_feedback() == [Feedback("lamp", 0.5, {"dark": 1.0}, ["dark"])]
    with pytest.raises(OSError, match="another process has it"):
        Memory(path)
    memory.close()
    Memory(path).close()


def test_only_the_recommender_s_own_files_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    path.write_text("hello " * 100, encoding="utf-8")
    with pytest.raises(ValueError, match="is not a file of the recommender"):
        Memory(path)
    path.unlink()
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(ValueError, match="a later version"):
        Memory(path)
    with pytest.raises(OSError, match="cannot be opened"):
        Memory(tmp_path / "missing" / "memory.sqlite")


def test_old_recommendations_go_and_feedback_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_recognition.serving.recommending.memory.KEPT", 2)
    memory = Memory(":memory:")
    for name in "abcd":
        memory.add_recommendation(name, DARK, {"lamp": []}, None)
    assert memory.add_feedback("a", "lamp", 1)
    memory.prune()
    with pytest.raises(LookupError, match="too old"):
        memory.add_feedback("b", "lamp", 1)
    assert memory.add_feedback("d", "lamp", 1)
    assert len(memory.all_feedback()) == 2
    memory.close()


def test_items_of_unknown_catalogues_score_as_they_would_after_being_added() -> None:
    bandit = Bandit(NAMES)
    bandit.fit({"lamp": ("dark",)}, [])
    scores = [bandit.scores({"dark": 0.7, "bright": 0.3}, {"lamp": ("dark",), "new": ("dark",)}) for _ in range(2000)]
    known = float(np.mean([score["lamp"] for score in scores]))
    assert scores[0]["new"] == pytest.approx(0.7 * 2 / 3)
    assert known == pytest.approx(0.7 * 2 / 3, abs=0.02)


def test_catalogues_are_read_from_csv_and_json(tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("id,title,moods,url\n1,A walk,dark bright,/walk\n2, Tea ,dark;dark,\n", encoding="utf-8")
    listed = tmp_path / "items.json"
    listed.write_text(
        '[{"id": "1", "title": "A walk", "moods": ["dark", "bright"], "url": "/walk"},'
        ' {"id": "2", "title": "Tea", "moods": ["dark"]}]',
        encoding="utf-8",
    )
    wanted = [Item("1", "A walk", ("dark", "bright"), "/walk"), Item("2", "Tea", ("dark",))]
    assert read_catalogue(table, NAMES) == read_catalogue(listed, NAMES) == wanted


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "id,title\n1,x\n", "Missing: moods"),
        ("a.csv", "id,title,moods\n", "has no items"),
        ("a.csv", "id,title,moods\n1,x,dark\n1,y,calm\n,z,\n", r"line 3: 'calm' is none .*; line 4: id must be a text"),
        ("a.csv", "id,title,moods\n1,x,dark\n1,y,\n", "line 3: the id '1' is there twice"),
        ("a.csv", "id,title,moods\n1,x\n", "line 2: must have as many values"),
        ("a.csv", "id,title,moods,url\n1,x,,javascript:alert(1)\n", "line 2: url must begin with"),
        ("a.csv", "id,title,moods,url\n1,x,,//evil.example\n", "line 2: url must begin with"),
        ("a.csv", "id,title,moods\n" + ",,\n" * 9, "; and 4 more$"),
        ("a.json", "{", "is not JSON"),
        ("a.json", "{}", "must be a list of items"),
        (
            "a.json",
            '[1, {"id": "a", "title": "b", "moods": "dark"}]',
            "row 1: must be an object.*; row 2: moods must be",
        ),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_catalogue(tmp_path / name, NAMES)


def test_a_catalogue_must_be_there_as_text_and_not_too_long(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no catalogue"):
        read_catalogue(tmp_path / "none.csv", NAMES)
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not text in UTF-8"):
        read_catalogue(tmp_path / "a.csv", NAMES)
    with pytest.raises(ValueError, match="at most 5,000 items"):
        check_items([{}] * 5001, NAMES, "catalogue")


@pytest.mark.parametrize("version", [0, 1])
def test_another_program_s_database_is_refused_and_stays_as_it_is(version: int, tmp_path: Path) -> None:
    path = tmp_path / "customers.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.executescript(f"CREATE TABLE customers (name TEXT); PRAGMA user_version = {version};")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"customers\.sqlite is not a file of the recommender: it has other tables"):
        Memory(path)
    assert path.read_bytes() == before


def test_of_other_catalogues_items_the_latest_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken or not, an item beyond the bound is judged by its tags; after the next start the latest two are learned."""
    monkeypatch.setattr("emotion_recognition.serving.recommending.bandit.MOST_OTHERS", 2)
    mood = {NAMES[0]: 1.0}
    never = [Feedback(f"item{number}", 0.0, mood, [NAMES[0]]) for number in range(4)]
    own = {"own": [NAMES[0]]}
    bandit = Bandit(NAMES)
    bandit.fit(own, [])
    for entry in never * 9:
        bandit.learn(entry)
    assert bandit.learned == {"own", "item0", "item1"}
    items = {entry.item: [NAMES[0]] for entry in never}
    by_tags = TAG_WEIGHT / (TAG_WEIGHT + PENALTY)
    assert [bandit.scores(mood, items)[f"item{number}"] for number in (2, 3)] == pytest.approx([by_tags] * 2)
    bandit.fit(own, never * 9)
    assert bandit.learned == {"own", "item2", "item3"}
    assert max(bandit.scores(mood, items)[f"item{number}"] for number in (2, 3)) < by_tags
    bandit.learn(Feedback("own", 1.0, mood, [NAMES[0]]))
