"""The catalog of layers: `find("Dense")` is its row. A test holds every row against the installed flax."""

from types import MappingProxyType

from .layer import Layer
from .linear import LINEAR
from .norms import NORMS
from .recurrent import RECURRENT

_NO_TWIN = "flax.nnx has no such layer: keep it in Linen, behind nnx.bridge.ToNNX"

_REFUSED = (
    Layer("BatchApply", "", refused="flax.nnx has no such layer: reshape around the call"),
    Layer("ConvLSTMCell", "", refused=_NO_TWIN),
    Layer("ConvLocal", "", refused=_NO_TWIN),
    Layer("MGUCell", "", refused=_NO_TWIN),
    Layer("RNNCellBase", "", refused="a base class with another contract: subclass nnx.RNNCellBase by hand"),
)

LAYERS: tuple[Layer, ...] = (*LINEAR, *NORMS, *RECURRENT, *_REFUSED)
"""Every layer that `flax.linen` exports."""

_BY_NAME = MappingProxyType({layer.linen: layer for layer in LAYERS})


def find(linen: str) -> Layer | None:
    """Returns the row of `flax.linen.<linen>`, or None when that is not a layer."""
    return _BY_NAME.get(linen)
