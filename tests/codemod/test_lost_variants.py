"""A partial that hands a layer without a twin to a class: the class is migrated, and that one variant is lost."""

import pytest
from flax import nnx

from .check import HEADER, Call, check_refused, compare, f32, load, migrate
from .factories_transformed import IMPORTS

NET = (
    IMPORTS
    + HEADER
    + """class Net(nn.Module):
    features: int = 3
    conv: Any = nn.Conv

    @nn.compact
    def __call__(self, x):
        conv = partial(self.conv, use_bias=False)
        return conv(self.features, (3, 3))(x)


Wide = partial(Net, features=5)
Local = partial(Net, features=4, conv=nn.ConvLocal)
"""
)


def test_the_class_is_migrated_and_the_variant_is_said_to_be_lost() -> None:
    text, file, mapping = migrate(NET)
    (found,) = file.diagnostics
    assert (found.code, found.line) == ("MN401", 20)
    assert "`Local` cannot be constructed any more, as flax.nnx has no such layer" in found.message
    assert "Local = partial(Net, features=4, conv=nn.ConvLocal)" in text
    linen, twin = load(NET), load(text)
    assert compare(linen, twin, mapping, Call("Net", (2,), {}, (f32(1, 4, 4, 2),))).equal
    with pytest.raises(TypeError, match="rngs"):
        twin.Local(2, rngs=nnx.Rngs(0))


@pytest.mark.parametrize(
    "code",
    [
        "model = Local()\n",
        "Deep = partial(Local, features=8)\n",
        "KINDS = {'local': Local}\n",
        "Other = partial(Net, 4, nn.ConvLocal)\n",
        "def local():\n    return Net(conv=nn.ConvLocal)\n",
    ],
)
def test_what_is_used_keeps_the_class(code: str) -> None:
    check_refused(NET + code, "MN101")
