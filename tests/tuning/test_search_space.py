import pytest

from emotion_recognition.error_about import names_of
from emotion_recognition.tuning.search_space import Range, parse_range


def test_ranges_and_choices() -> None:
    assert parse_range("weight_decay=0..0.01") == Range("weight_decay", 0.0, 0.01)
    assert parse_range("batch_size=32..256:log") == Range("batch_size", 32.0, 256.0, log=True)
    assert parse_range("optimizer=sgd,adam") == Range("optimizer", choices=("sgd", "adam"))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "epochs=1..3",
            "learning_rate",
            "learning_rate=",
            "learning_rate=3",
            "learning_rate=2..1",
            "learning_rate=1..x",
        ),
        *(
            "learning_rate=0..1:log",
            "learning_rate=1..2:square",
            "optimizer=a..b",
            "optimizer=adam",
            "batch_size=1.5..3",
        ),
        *("learning_rate=1,2:log", "learning_rate=1..inf", "learning_rate=nan..1", "optimizer=adam,,sgd"),
    ],
)
def test_what_cannot_be_searched(text: str) -> None:
    with pytest.raises(ValueError, match=r"^search .* Received: ") as caught:
        parse_range(text)
    assert names_of(caught.value) == ("search",)
