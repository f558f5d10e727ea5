# ruff: noqa: E501
"""A field that holds one of several classes: `block_cls: ModuleDef` of the ResNet that everybody copies."""

import pytest
from migrate_norm.equivalence import check_equivalence

from .check import (
    HEADER,
    Call,
    Refusal,
    build,
    codes,
    compare,
    f32,
    listed,
    load,
    migrate,
    migrate_project,
    name_of,
    pairs,
    refusals,
    run_once,
    texts,
)
from .factories_transformed import IMPORTS

BLOCKS = """\
class Basic(nn.Module):
    filters: int
    conv: Any
    norm: Any
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x):
        y = self.conv(self.filters, (3, 3), self.strides)(x)
        y = nn.relu(self.norm()(y))
        y = self.conv(self.filters, (3, 3))(y)
        y = self.norm(scale_init=nn.initializers.zeros_init())(y)
        if x.shape != y.shape:
            x = self.conv(self.filters, (1, 1), self.strides, name="conv_proj")(x)
            x = self.norm(name="norm_proj")(x)
        return nn.relu(x + y)


class Bottleneck(nn.Module):
    filters: int
    conv: Any
    norm: Any
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x):
        y = nn.relu(self.norm()(self.conv(self.filters, (1, 1))(x)))
        y = nn.relu(self.norm()(self.conv(self.filters, (3, 3), self.strides)(y)))
        y = self.conv(self.filters * 2, (1, 1))(y)
        y = self.norm(scale_init=nn.initializers.zeros_init())(y)
        if x.shape != y.shape:
            x = self.conv(self.filters * 2, (1, 1), self.strides, name="conv_proj")(x)
            x = self.norm(name="norm_proj")(x)
        return nn.relu(x + y)


"""
RESNET = """\
class ResNet(nn.Module):
    stage_sizes: Any
    block_cls: Any
    classes: int = 3
    filters: int = 4
    conv: Any = nn.Conv

    @nn.compact
    def __call__(self, x, train: bool = True):
        conv = partial(self.conv, use_bias=False)
        norm = partial(nn.BatchNorm, use_running_average=not train)
        x = conv(self.filters, (3, 3), name="stem")(x)
        for i, size in enumerate(self.stage_sizes):
            for j in range(size):
                x = self.block_cls(
                    self.filters * 2**i,
                    strides=(2, 2) if i > 0 and j == 0 else (1, 1),
                    conv=conv,
                    norm=norm,
                )(x)
        return nn.Dense(self.classes)(jnp.mean(x, axis=(1, 2)))


"""
MODELS = """\
Small = partial(ResNet, stage_sizes=(1, 1), block_cls=Basic)
Large = partial(ResNet, stage_sizes=(2, 1), block_cls=Bottleneck)
"""
NNX_RESNET = """\
class ResNet(nnx.Module):
    def __init__(
        self,
        in_features: int,
        stage_sizes: Any,
        block_cls: Any,
        classes: int = 3,
        filters: int = 4,
        conv: Any = nnx.Conv,
        *,
        rngs: nnx.Rngs,
    ):
        conv = partial(conv, use_bias=False)
        norm = nnx.BatchNorm
        self.stem = conv(in_features, filters, (3, 3), rngs=rngs)
        self.block = nnx.List()
        features = filters
        for i, size in enumerate(stage_sizes):
            for j in range(size):
                self.block.append(
                    block_cls(
                        features,
                        filters * 2**i,
                        strides=(2, 2) if i > 0 and j == 0 else (1, 1),
                        conv=conv,
                        norm=norm,
                        rngs=rngs,
                    )
                )
                features = (
                    filters * 2**i * 2
                    if block_cls is Bottleneck
                    else filters * 2**i
                )
        self.dense_0 = nnx.Linear(features, classes, rngs=rngs)

    def __call__(self, x, train: bool = True):
        x = self.stem(x)
        for block in self.block:
            x = block(x, use_running_average=not train)
        return self.dense_0(jnp.mean(x, axis=(1, 2)))


"""
IMAGES = f32(2, 8, 8, 3)
WHOLE = IMPORTS + HEADER + BLOCKS + RESNET + MODELS


def test_transformed() -> None:
    text, file, _ = migrate(WHOLE)
    assert not refusals(file), file.diagnostics
    assert NNX_RESNET + MODELS in text, text


def equal(before: str, block: str, call: Call, field: str = "block_cls") -> None:
    """Each side has the class `block` of its own for the field that holds one."""
    text, file, mapping = migrate(before)
    assert not refusals(file), listed(file)
    linen, twin = load(before), load(text)
    ours, theirs = (
        call._replace(arguments={**call.arguments, field: getattr(m, block)}) for m in (linen, twin)
    )
    found = mapping.find(call.name)
    report = check_equivalence(
        getattr(linen, call.name)(**ours.arguments), lambda: build(twin, theirs), *call.inputs,
        mapping=pairs(found, build(twin, theirs)), samples=1, steps=2, poison=False,
    )  # fmt: skip
    assert report.equal, f"{call}\n{report}\n{text}"
    run_once(twin, theirs)


@pytest.mark.parametrize(("block", "train"), [("Basic", True), ("Bottleneck", True), ("Bottleneck", False)])
def test_computes_the_same(block: str, train: bool) -> None:
    equal(WHOLE, block, Call("ResNet", (3,), {"stage_sizes": (2, 1)}, (IMAGES, train)))


def _resnet(old: str, new: str, more: str = "") -> str:
    assert old in RESNET
    return IMPORTS + HEADER + BLOCKS + RESNET.replace(old, new) + more + MODELS


_LAST = "        return nn.Dense(self.classes)"
_CALL = "                x = self.block_cls("
_STEM = """\
        x = self.block_cls(self.filters, conv=conv, norm=norm)(x)
        x = self.block_cls(self.filters, conv=conv, norm=norm)(x)
"""
_TAIL = """\
        for _ in range(2):
            x = self.block_cls(self.filters, strides=(2, 2), conv=conv, norm=norm)(x)
"""
_AROUND = """\
class Around(nn.Module):
    block_cls: Any
    deep: bool = True

    @nn.compact
    def __call__(self, x, train: bool = True):
        y = jnp.mean(x)
        if self.deep:
            y = ResNet((1,), self.block_cls)(x, train)
        return y + ResNet((1,), self.block_cls)(x, train)


Other = partial(Around, block_cls=Basic)
More = partial(Around, block_cls=Bottleneck)
"""
OTHERS = {
    "behind-others": _resnet("        for i, size", _STEM + "        for i, size"),
    "in-two-loops": _resnet(_LAST, _TAIL + _LAST),
    "by-a-local-name": _resnet("        conv = partial", "        block = self.block_cls\n        conv = partial").replace(_CALL, "                x = block("),
    "on-a-condition": _resnet(_LAST, "        if self.classes > 2:\n            x = self.block_cls(self.filters, conv=conv, norm=norm)(x)\n" + _LAST),
    "with-a-default": _resnet("block_cls: Any\n", "block_cls: Any = Basic\n"),
    "in-a-comprehension": _resnet(_LAST, "        x = sum([self.block_cls(f, conv=conv, norm=norm)(x) for f in (3, 3)])\n" + _LAST),
    "by-a-partial": _resnet("        x = conv(", "        block = partial(self.block_cls, conv=conv, norm=norm)\n        x = conv(").replace("self.block_cls(\n", "block(\n").replace("                    conv=conv,\n                    norm=norm,\n", ""),
    "by-partials-of-it": _resnet("        x = conv(", "        block = partial(partial(self.block_cls, norm=norm), 4, conv)\n        x = conv(").replace(_CALL + "\n                    self.filters * 2**i,\n", "                x = block(\n").replace("                    conv=conv,\n                    norm=norm,\n", ""),
    "compared": _resnet("        for i, size", "        if self.block_cls == Basic:\n            x = nn.relu(norm()(x))\n        for i, size"),
    "compared-behind": _resnet(_LAST, "        if self.block_cls is not Basic:\n            x = nn.Conv(3, (1, 1))(x)\n" + _LAST),
    "with-a-name": _resnet("                    norm=norm,\n", '                    norm=norm,\n                    name=f"block_{i}_{j}",\n'),
}  # fmt: skip


@pytest.mark.parametrize(("name", "block"), [*zip(OTHERS, ["Basic", "Bottleneck"] * 6, strict=False)])
def test_names_of_either_class_are_found(name: str, block: str) -> None:
    equal(OTHERS[name], block, Call("ResNet", (3,), {"stage_sizes": (1, 1)}, (IMAGES, True)))


@pytest.mark.parametrize("deep", [True, False])
def test_names_below_one_that_depends_on_configuration(deep: bool) -> None:
    before = _resnet(_LAST, _TAIL + _LAST, _AROUND)
    call = Call("Around", (3,), {"deep": deep}, (IMAGES, True))
    equal(before, "Bottleneck", call)


_WIDE = """\
class Wide(ResNet):
    block_cls: Any = Bottleneck
    filters: int = 6


"""


def test_a_subclass_has_another_default() -> None:
    before = _resnet("block_cls: Any\n", "block_cls: Any = Basic\n", _WIDE)
    text, file, mapping = migrate(before)
    assert not refusals(file), listed(file)
    call = Call("Wide", (3,), {"stage_sizes": (1, 1)}, (IMAGES, True))
    report = compare(load(before), load(text), mapping, call, samples=1, steps=1, poison=False)
    assert report.equal, f"{report}\n{text}"


def _in_files(imports: str, *names: str) -> dict[str, str]:
    """The blocks in files of their own, under these names."""
    (one, two), (start, rest) = names, BLOCKS.split("class Bottleneck")
    return {
        "pack/one.py": IMPORTS + HEADER + start.replace("class Basic", f"class {one}"),
        "pack/two.py": f"{IMPORTS}{HEADER}class {two}{rest}",
        "pack/net.py": IMPORTS + imports + HEADER + RESNET + MODELS,
    }


def test_the_class_is_asked_for_by_the_name_that_the_file_has() -> None:
    imports = "from pack.one import Basic\nfrom pack.two import Deep as Bottleneck\n"
    result = migrate_project(_in_files(imports, "Basic", "Deep"))
    assert not codes(result.files)
    assert "if block_cls is Bottleneck" in texts(result)["pack/net.py"]


def test_two_classes_of_one_name_are_counted_as_one() -> None:
    imports = "from pack.one import Block as Basic\nfrom pack.two import Block as Bottleneck\n"
    assert "MN204" in codes(migrate_project(_in_files(imports, "Block", "Block")).files)


REFUSED = (
    Refusal("one-of-them-too", "MN204", _resnet(_LAST, "        x = Basic(self.filters, conv, norm)(x)\n" + _LAST)),
    Refusal("two-fields", "MN204", _resnet("    classes: int", "    last_cls: Any = Basic\n    classes: int", "").replace("block_cls=Bottleneck)", "block_cls=Bottleneck, last_cls=Bottleneck)").replace(_LAST, "        x = self.last_cls(self.filters, conv=conv, norm=norm)(x)\n" + _LAST)),
    Refusal("other-names-below", "MN204", _resnet("", "").replace("self.conv(self.filters, (1, 1))", 'self.conv(self.filters, (1, 1), name="conv_0")').replace("(self.conv(self.filters, (3, 3), self.strides)(y))", '(self.conv(self.filters, (3, 3), self.strides, name="a")(y))').replace("self.conv(self.filters * 2, (1, 1))(y)", 'self.conv(self.filters * 2, (1, 1), name="b")(y)')),
    Refusal("a-partial-of-one", "MN101", _resnet("", "") + "Other = partial(ResNet, (1,), partial(Basic, strides=(2, 2)))\n"),
    Refusal("a-layer", "MN101", _resnet("", "") + "Other = partial(ResNet, (1,), nn.Dense)\n"),
    Refusal("what-is-not-followed", "MN101", _resnet("", "") + "Other = partial(ResNet, (1,), make(Basic))\n"),
    Refusal("compared-with-a-layer", "MN101", _resnet(_LAST, "        if self.block_cls == nn.Dense:\n            x = nn.relu(x)\n" + _LAST)),
    Refusal("compared-with-anything", "MN101", _resnet(_LAST, "        if self.block_cls == train:\n            x = nn.relu(x)\n" + _LAST)),
    Refusal("looked-up", "MN101", _resnet(_LAST, "        x = x * {Basic: 1, Bottleneck: 2}[self.block_cls]\n" + _LAST)),
    Refusal("a-partial-by-place-of-other-fields", "MN101", _resnet("        x = conv(", "        block = partial(self.block_cls, 4)\n        x = conv(").replace(_CALL + "\n                    self.filters * 2**i,\n", "                x = block(\n").replace("class Bottleneck(nn.Module):\n    filters: int\n    conv: Any\n", "class Bottleneck(nn.Module):\n    size: int = 0\n    filters: int = 4\n    conv: Any = None\n").replace("    norm: Any\n    strides: tuple[int, int] = (1, 1)\n\n    @nn.compact\n    def __call__(self, x):\n        y = nn.relu(self.norm()(self.conv(self.filters, (1, 1))", "    norm: Any = None\n    strides: tuple[int, int] = (1, 1)\n\n    @nn.compact\n    def __call__(self, x):\n        y = nn.relu(self.norm()(self.conv(self.filters, (1, 1))")),
    Refusal("handed-on", "MN101", _resnet(_LAST, "        run(self.block_cls)\n" + _LAST)),
    Refusal("under-a-transform", "MN101", _resnet(_CALL, "                x = nn.remat(self.block_cls)(")),
    Refusal("other-sizes", "MN101", _resnet("", "").replace("    def __call__(self, x):\n        y = nn.relu(self.norm()(self.conv(self.filters, (1, 1))(x)))", "    def __call__(self, x):\n        n, h, w, c = x.shape\n        x = x * self.param('scale', nn.initializers.ones, (h, w, c))\n        y = nn.relu(self.norm()(self.conv(self.filters, (1, 1))(x)))")),
    Refusal("other-fields", "MN101", _resnet("", "").replace("class Bottleneck(nn.Module):\n    filters: int\n    conv: Any\n", "class Bottleneck(nn.Module):\n    conv: Any\n    filters: int\n")),
    Refusal("another-mode", "MN101", _resnet("", "").replace("y = nn.relu(self.norm()(self.conv(self.filters, (1, 1))(x)))", "y = nn.Dropout(0.1, deterministic=False)(self.conv(self.filters, (1, 1))(x))\n        y = nn.relu(nn.BatchNorm(use_running_average=False)(y))").replace("y = nn.relu(self.norm()(self.conv(self.filters, (3, 3), self.strides)(y)))\n        y = self.conv(self.filters * 2, (1, 1))(y)\n        y = self.norm(scale_init=nn.initializers.zeros_init())(y)\n        if x.shape != y.shape:\n            x = self.conv(self.filters * 2, (1, 1), self.strides, name=\"conv_proj\")(x)\n            x = self.norm(name=\"norm_proj\")(x)\n", "y = self.conv(self.filters * 2, (3, 3), self.strides)(y)\n")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "ResNet"}, file.diagnostics
    assert "class ResNet(nn.Module)" in text
