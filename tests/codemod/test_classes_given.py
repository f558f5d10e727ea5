"""A class that is made with one of several classes for its field: what it gives is known where it is made."""

import pytest

from .check import HEADER, Call, check_equivalent, codes, f32, listed, migrate, migrate_project, refusals
from .factories_transformed import IMPORTS
from .test_either_class import equal

SOURCE = (
    IMPORTS
    + HEADER
    + """class Thin(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.tanh(nn.Dense(self.f)(x))


class Wide(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.f * 2)(nn.relu(nn.Dense(self.f)(x)))


class Encoder(nn.Module):
    features: tuple
    block_cls: Any = Wide

    @nn.compact
    def __call__(self, x):
        for f in self.features:
            x = self.block_cls(f)(x)
        return self.block_cls(5)(x)


class Net(nn.Module):
    block_cls: Any

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Encoder((3, 4), self.block_cls)(x))


class Fixed(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Encoder((3,), block_cls=Thin)(x)
        x = nn.Dense(3)(Encoder((3, 4))(x))
        make = partial(Encoder, block_cls=Wide)
        return nn.Dense(2)(make((4,))(x))


Small = partial(Net, block_cls=Thin)
Large = partial(Net, block_cls=Wide)
"""
)
_X = f32(2, 3)


def test_transformed() -> None:
    text, file, _ = migrate(SOURCE)
    assert not refusals(file), listed(file)
    assert "self.dense_0 = nnx.Linear(5 if block_cls is Thin else 10, 2, rngs=rngs)" in text, text
    assert "self.encoder_1 = Encoder(5, (3, 4), rngs=rngs)" in text
    assert "self.dense_0 = nnx.Linear(10, 3, rngs=rngs)" in text


@pytest.mark.parametrize("block", ["Thin", "Wide"])
def test_a_class_that_is_handed_on(block: str) -> None:
    equal(SOURCE, block, Call("Net", (3,), {}, (_X,)))


def test_a_class_that_is_known_here() -> None:
    check_equivalent(SOURCE, Call("Fixed", (3,), {}, (_X,)))


def test_a_class_that_the_file_has_no_name_for() -> None:
    start, end = SOURCE.index("class Net("), SOURCE.index("class Fixed(")
    models = SOURCE[SOURCE.index("Small = ") :]
    files = {
        "pack/blocks.py": SOURCE[:start].rstrip() + "\n",
        "pack/net.py": f"{IMPORTS}from pack.blocks import Encoder, Wide\n{HEADER}{SOURCE[start:end]}",
        "pack/models.py": f"{IMPORTS}from pack.blocks import Thin, Wide\nfrom pack.net import Net\n\n{models}",
    }
    refused = {d.subject: d.code for file in migrate_project(files).files for d in refusals(file)}
    assert refused["Net"] == "MN108"
    files["pack/net.py"] = files["pack/net.py"].replace("Encoder, Wide", "Encoder, Thin")
    assert not codes(migrate_project(files).files)


_USES = """class Setup(nn.Module):
    block_cls: Any
    features: tuple = (3, 5)

    def setup(self):
        self.first = self.block_cls(4)
        self.blocks = [self.block_cls(f) for f in self.features]
        self.head = nn.Dense(2)

    def __call__(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class Differs(nn.Module):
    block_cls: Any

    @nn.compact
    def __call__(self, x):
        y = self.block_cls(3)(x)
        if x.shape != y.shape:
            x = nn.Dense(y.shape[-1])(x)
        w = 3 if self.block_cls == Thin else 6
        return (x + y) @ self.param("w", nn.initializers.normal(), (w, 2))


"""
_BLOCKS = SOURCE[: SOURCE.index("class Encoder(")]


def _variants(name: str) -> str:
    return f"A = partial({name}, block_cls=Thin)\nB = partial({name}, block_cls=Wide)\n"


@pytest.mark.parametrize(("name", "width"), [("Setup", 3), ("Differs", 3), ("Differs", 6)])
def test_uses_of_either_class(name: str, width: int) -> None:
    before = _BLOCKS + _USES + _variants("Setup") + _variants("Differs")
    equal(before, "Wide", Call(name, (width,), {}, (f32(2, width),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("y = self.block_cls(3)(x)", "y = (self.block_cls if x.ndim > 2 else Thin)(3)(x)"),
        ("y = self.block_cls(3)(x)", "y = self.block_cls(3, name=self.block_cls.__name__)(x)"),
        ("self.block_cls == Thin", "issubclass(self.block_cls, Thin)"),
        ("self.block_cls == Thin", "self.block_cls in (Thin,)"),
        ("self.block_cls == Thin", "{Thin: True}.get(self.block_cls)"),
        ("y = self.block_cls(3)(x)", "Thin = 3\n        y = self.block_cls(Thin)(x)"),
    ],
)
def test_other_uses_are_refused(old: str, new: str) -> None:
    source = _USES[_USES.index("class Differs(") :]
    assert old in source
    text, file, _ = migrate(_BLOCKS + source.replace(old, new) + _variants("Differs"))
    code = "MN204" if "name=" in new else "MN101"
    assert code in {d.code for d in refusals(file) if d.subject == "Differs"}, listed(file)
    assert "class Differs(nn.Module)" in text
