"""Networks within networks, as transfer learning with Keras usually makes them."""

import keras


def output_in(network: keras.Model, layer: keras.layers.Layer) -> keras.KerasTensor:
    """What a layer gives in a functional network; of a network within it too, whose own output is another tensor.

    Args:
        network: The network.
        layer: One of its layers.
    """
    if not isinstance(layer, keras.Model):
        return layer.output
    own = {id(node) for nodes in network._nodes_by_depth.values() for node in nodes}
    # The last one: before, it was perhaps called in a network that this one was made from.
    return next(node for node in reversed(layer._inbound_nodes) if id(node) in own).outputs[0]
