"""The row of the catalog that a Linen layer is placed by, where that is not its own."""

from dataclasses import replace

from ...catalog.layer import OURS, Layer
from ...catalog.layers import find
from ...catalog.norms import TWINS
from ...catalog.recurrent import GRU_TWIN


def placed(name: str) -> Layer | None:
    """Returns the row of `flax.linen.<name>` with the twin that its variables fit.

    Linen's OptimizedLSTMCell has the variables of its LSTMCell, and differs in how it multiplies. The one of NNX has
    joined kernels, and draws those of the gates as one matrix, so that none of them starts orthogonal. The GRUCell of
    NNX has one bias less. The wrappers of weights of NNX overwrite the kernel.
    """
    layer, twin = find(name), find("LSTMCell")
    if layer is not None and layer.linen == "GRUCell":
        return GRU_TWIN
    if layer is not None and layer.linen in TWINS:
        return replace(layer, variables=TWINS[layer.linen], home=OURS)
    if layer is None or layer.linen != "OptimizedLSTMCell" or twin is None:
        return layer
    return replace(twin, linen=layer.linen)
