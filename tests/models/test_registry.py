"""Networks by name: what every one must be, and networks from outside the project beside them."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import TrainNetwork
from emotion_recognition.error_about import names_of
from emotion_recognition.models import DEFAULT_NETWORK, LAST_LAYER, NETWORKS, build_network, register_network
from emotion_recognition.models.new_head import with_new_head
from emotion_recognition.models.registry import networks_help, networks_table
from emotion_recognition.models.with_probabilities import with_probabilities
from emotion_recognition.training.recipes import RECIPES


def outsider(*, num_classes: int, image_size: int, channels: int, hidden: int = 2) -> keras.Model:
    """A network from elsewhere that keeps the contract."""
    pixels = keras.Input((image_size, image_size, channels))
    x = layers.Dense(hidden, name="hidden")(layers.Flatten()(layers.Rescaling(1 / 255)(pixels)))
    return keras.Model(pixels, layers.Softmax()(layers.Dense(num_classes, name=LAST_LAYER)(x)), name="outsider")


@pytest.fixture
def registered() -> Iterator[str]:
    """The name of a network from outside, for one test."""
    register_network("outsider", outsider, summary="one hidden layer", reference="arXiv:0000.00000", smallest_image=4)
    yield "outsider"
    del NETWORKS["outsider"]


#: Networks on a backbone are slow to build; the walk of every network, tests/test_every_network.py, has the others.
QUICK = [name for name, row in NETWORKS.items() if not row.has_imagenet or name == "mobilenet_v2"]


@pytest.mark.parametrize("name", QUICK)
def test_only_the_last_layer_of_a_network_depends_on_the_classes(name: str) -> None:
    side = NETWORKS[name].smallest_image
    five, six = (build_network(name, num_classes=count, image_size=side, channels=3) for count in (5, 6))
    assert five.name == name
    assert (five.input_shape, five.output_shape) == ((None, side, side, 3), (None, 5))
    assert five.get_layer(LAST_LAYER).output.shape == (None, 5)
    for layer, other in zip(five.layers, six.layers, strict=True):
        assert layer.name == other.name or LAST_LAYER not in (layer.name, other.name)
        if layer.name != LAST_LAYER:
            assert [w.shape for w in layer.weights] == [w.shape for w in other.weights]


@pytest.mark.parametrize("name", NETWORKS)
def test_an_image_below_the_smallest_is_refused(name: str) -> None:
    least = NETWORKS[name].smallest_image
    message = rf"image_size must be at least {least} for {name}\. Received: {least - 1}$"
    with pytest.raises(ValueError, match=message) as caught:
        build_network(name, num_classes=7, image_size=least - 1)
    assert names_of(caught.value) == ("image_size",)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_row_says_what_the_network_is(name: str) -> None:
    row = NETWORKS[name]
    assert row.name == name
    assert row.summary
    assert "arXiv:" in row.reference
    side = row.smallest_image
    assert f"| `{name}` | {row.summary} | {row.reference} | {side}×{side} |\n" in networks_table()
    assert row.summary in networks_help()


def test_the_networks_that_are_named_elsewhere_are_there() -> None:
    assert {DEFAULT_NETWORK, *(recipe.network for recipe in RECIPES.values())} <= set(NETWORKS)


def test_a_registered_network_is_built_by_its_name_and_offered_by_the_script(registered: str) -> None:
    network = build_network(registered, num_classes=3, image_size=4, hidden=5)
    # 4 · 4 pixels to 5, and 5 to 3 classes, each with its biases.
    assert network.count_params() == (16 * 5 + 5) + (5 * 3 + 3)
    assert TrainNetwork.build_parser().parse_args(["--network", registered]).network == registered
    assert "outsider      one hidden layer" in TrainNetwork.build_parser().format_help()
    with pytest.raises(ValueError, match="image_size must be at least 4 for outsider"):
        build_network(registered, num_classes=3, image_size=3)


def test_a_registered_network_gets_a_new_head(registered: str) -> None:
    network = build_network(registered, num_classes=3, image_size=4)
    changed = with_new_head(network, registered, 2)
    assert changed.output_shape == (None, 2)
    np.testing.assert_array_equal(
        changed.get_layer("hidden").get_weights()[0], network.get_layer("hidden").get_weights()[0]
    )


@pytest.mark.parametrize("name", ["vggnet", "my network", ""])
def test_a_name_that_is_taken_or_is_none_is_refused(name: str) -> None:
    before = list(NETWORKS)
    with pytest.raises(ValueError, match=rf"^name must .* Received: '{name}'$"):
        register_network(name, outsider)
    assert list(NETWORKS) == before


def of_other_classes(**options: Any) -> keras.Model:
    return outsider(**{**options, "num_classes": 4})


def of_another_size(**options: Any) -> keras.Model:
    return outsider(**{**options, "image_size": 9})


def nameless(*, num_classes: int, image_size: int, channels: int) -> keras.Model:
    pixels = keras.Input((image_size, image_size, channels))
    return keras.Model(pixels, layers.Dense(num_classes, activation="softmax", name="end")(layers.Flatten()(pixels)))


def misnamed(*, num_classes: int, image_size: int, channels: int) -> keras.Model:
    pixels = keras.Input((image_size, image_size, channels))
    x = layers.Dense(9, name=LAST_LAYER)(layers.Flatten()(pixels))
    return keras.Model(pixels, layers.Dense(num_classes, activation="softmax", name="end")(x))


def nothing(**options: Any) -> None:
    return None


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (of_other_classes, r"from \(None, 8, 8, 1\) to \(None, 3\)\. Received: .*\(None, 4\)"),
        (of_another_size, r"from \(None, 8, 8, 1\) to \(None, 3\)\. Received: .*\(None, 9, 9, 1\)"),
        (nameless, r"a layer named 'logits' that gives \(None, 3\), before the softmax\. Received the layers: .*end$"),
        (misnamed, r"a layer named 'logits' that gives \(None, 3\), before the softmax\. Received the layers: .*end$"),
        (nothing, r"a functional or sequential keras\.Model\. Received: NoneType"),
    ],
)
def test_a_network_that_breaks_the_contract_is_refused_by_its_name(function: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{function.__name__} must build .*{message}"):
        build_network(function, num_classes=3, image_size=8)


class TestWithProbabilities:
    """Networks from outside end in a softmax, of whatever kind, or get one."""

    PIXELS = keras.Input((2, 2, 1))
    FEATURES = layers.Flatten()(PIXELS)

    @pytest.mark.parametrize(
        "end",
        [
            layers.Dense(3, activation="softmax"),
            keras.Sequential([layers.Dense(3), layers.Softmax()]),
            keras.Sequential([layers.Dense(3), layers.Activation("softmax")]),
            lambda x: keras.ops.softmax(layers.Dense(3)(x)),
        ],
    )
    def test_a_softmax_stays_as_it_is(self, end: Any) -> None:
        network = keras.Model(self.PIXELS, end(self.FEATURES))
        assert with_probabilities(network) is network

    @pytest.mark.parametrize("end", [layers.Dense(3), keras.Sequential([layers.Dense(3)])])
    def test_logits_get_a_softmax(self, end: Any) -> None:
        network = keras.Model(self.PIXELS, end(self.FEATURES), name="mine")
        dense = end if isinstance(end, layers.Dense) else end.layers[0]
        # Logits 0, ln 2 and ln 5: probabilities 1, 2 and 5 eighths.
        dense.set_weights([np.zeros((4, 3)), np.log([1.0, 2.0, 5.0])])
        whole = with_probabilities(network)
        assert whole.name == "mine"
        np.testing.assert_allclose(whole(np.ones((1, 2, 2, 1)))[0], [0.125, 0.25, 0.625], rtol=1e-6)

    def test_other_ends_are_refused(self) -> None:
        sigmoid = keras.Model(self.PIXELS, layers.Dense(3, activation="sigmoid", name="end")(self.FEATURES))
        with pytest.raises(ValueError, match=r"end in a softmax or in logits .* Received: end with sigmoid"):
            with_probabilities(sigmoid)
        with pytest.raises(ValueError, match=r"one output \(N, classes\)\. Received: 1 inputs, \(None, 2, 2, 1\)"):
            with_probabilities(keras.Model(self.PIXELS, layers.ReLU()(self.PIXELS)))

        class Subclassed(keras.Model):
            pass

        with pytest.raises(ValueError, match=r"functional or sequential .* Received: Subclassed"):
            with_probabilities(Subclassed())
