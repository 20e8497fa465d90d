import json
from dataclasses import replace
from importlib.metadata import version

import keras

from emotion_recognition.models.face_ssd.network import face_ssd
from emotion_recognition.models.face_ssd.priors import PriorSettings
from emotion_recognition.training.face_ssd.run_card import face_card
from tests.painted_faces import PRIORS, TINY, painted_split


def test_the_card_says_what_the_network_takes_and_what_it_learned_from() -> None:
    network = face_ssd(PRIORS, TINY)
    sources = ("human:a", "human:b", "machine:c", "wider", "", "noface:d")
    train = replace(painted_split("train", 6, without_faces=1), sources=sources, source_sha256="1" * 64)
    val = painted_split("val", 3, without_faces=2)
    stages = [{"learning_rate": 0.1}, {"learning_rate": 0.01}]
    card = json.loads(json.dumps(face_card(network, PRIORS, 192, train, val, stages)))
    assert card["network"] == "face_ssd"
    assert card["class_names"] == ["face"]
    assert card["input"] == {"size": 192, "channels": 3, "pixels": "0..255", "colour": "BGR"}
    assert PriorSettings.from_card(card) == PRIORS
    # Counted in the layers' own variables, batch normalisation's statistics included.
    assert card["parameters"] == sum(weights.size for weights in network.get_weights())
    assert card["stages"] == stages
    assert card["data"] == {
        "train": {
            "source": "train.csv",
            "sha256": "1" * 64,
            "pictures": 6,
            "faces": 5,
            "kinds": {"human": 2, "machine": 1, "noface": 1, "wider": 1},
        },
        "val": {
            "source": "val.csv",
            "sha256": "0" * 64,
            "pictures": 3,
            "faces": 1,
            "kinds": {"human": 1, "noface": 2},
        },
    }
    assert card["versions"]["keras"] == version("keras")
    assert card["versions"]["backend"].startswith(keras.backend.backend())
