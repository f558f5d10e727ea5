"""Functions that make models for callers that are not among the files: they ask for what the class asks for."""

import pytest
from flax import nnx
from migrate_norm.catalog.findings import Severity
from migrate_norm.codemod import Options, migrate_files
from migrate_norm.equivalence import check_equivalence

from .check import check_stable, check_transformed, f32, listed, load, migrate, pairs, refusals

HEADER = """\
from functools import partial

from flax import linen as nn
"""
NNX_HEADER = HEADER.replace("linen as nn", "nnx")
NETS = """

class Net(nn.Module):
    width: int
    depth: int = 1

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = nn.relu(nn.Dense(self.width)(x))
        return nn.Dense(1)(x)


class Wide(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width * 2)(x)


Deep = partial(Net, depth=2)
"""
NNX_NETS = """

class Net(nnx.Module):
    def __init__(self, in_features: int, width: int, depth: int = 1, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for _ in range(depth):
            self.dense.append(nnx.Linear(in_features, width, rngs=rngs))
            in_features = width
        self.dense_1 = nnx.Linear(in_features, 1, rngs=rngs)

    def __call__(self, x):
        for dense in self.dense:
            x = nnx.relu(dense(x))
        return self.dense_1(x)


class Wide(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width * 2, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)


Deep = partial(Net, depth=2)
"""
TABLE = """
NETS = {"deep": Deep, "wide": Wide}
"""
FUNCTIONS = {
    "a class": (
        '''

def small():
    """A small one."""
    return Net(8)
''',
        '''

def small(*, in_features: int, rngs: nnx.Rngs):
    """A small one."""
    return Net(in_features, 8, rngs=rngs)
''',
    ),
    "one of several returns, a partial among them": (
        """

def large(width: int = 12, *, depth=3) -> Net:
    if depth == 2:
        return Deep(width=width)  # the usual one
    return Net(width=width, depth=depth)
""",
        """

def large(width: int = 12, *, depth=3, in_features: int, rngs: nnx.Rngs) -> Net:
    if depth == 2:
        return Deep(in_features, width=width, rngs=rngs)  # the usual one
    return Net(in_features, width=width, depth=depth, rngs=rngs)
""",
    ),
    "parameters one below another": (
        """

def tall(
    width=8,
    depth=2,
):
    return Net(width, depth)
""",
        """

def tall(
    width=8,
    depth=2,
    *,
    in_features: int,
    rngs: nnx.Rngs,
):
    return Net(in_features, width, depth, rngs=rngs)
""",
    ),
    "of a table": (
        TABLE
        + """

def any_net(kind, width):
    if kind not in NETS:
        raise ValueError(sorted(NETS))
    return NETS[kind](width=width)
""",
        TABLE
        + """

def any_net(kind, width, *, in_features: int, rngs: nnx.Rngs):
    if kind not in NETS:
        raise ValueError(sorted(NETS))
    return NETS[kind](in_features, width=width, rngs=rngs)
""",
    ),
    "what it hands on is something else": (
        TABLE
        + """

def any_net(kind, **kwargs):
    width = kwargs.pop("size")
    return NETS[kind](width, **kwargs)
""",
        TABLE
        + """

def any_net(kind, *, in_features: int, rngs: nnx.Rngs, **kwargs):
    width = kwargs.pop("size")
    return NETS[kind](in_features, width, **kwargs, rngs=rngs)
""",
    ),
    "what it is given by name is handed on": (
        TABLE
        + """

def any_net(kind, **kwargs):
    return NETS[kind](**kwargs)
""",
    )
    * 2,
}


@pytest.mark.parametrize(("before", "after"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_asks_for_what_the_class_asks_for(before: str, after: str) -> None:
    check_transformed(HEADER + NETS + before, NNX_HEADER + NNX_NETS + after)


CALLS = [
    ("a class", "small", (), {}, "Net"),
    ("one of several returns, a partial among them", "large", (), {}, "Net"),
    ("one of several returns, a partial among them", "large", (4,), {"depth": 2}, "Net"),
    ("parameters one below another", "tall", (), {}, "Net"),
    ("of a table", "any_net", ("deep", 3), {}, "Net"),
    ("of a table", "any_net", ("wide", 3), {}, "Wide"),
    ("what it is given by name is handed on", "any_net", ("wide",), {"width": 3}, "Wide"),
]


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize(("case", "function", "args", "kwargs", "name"), CALLS)
def test_its_models_compute_the_same(
    case: str, function: str, args: tuple[object, ...], kwargs: dict[str, object], name: str, graph: bool
) -> None:
    before = HEADER + NETS + FUNCTIONS[case][0]
    text, _, mapping = migrate(before)
    linen, twin = load(before), load(text)

    def build() -> nnx.Module:
        model: nnx.Module = getattr(twin, function)(*args, **kwargs, in_features=5, rngs=nnx.Rngs(0))
        return model

    with nnx.set_graph_mode(graph):
        module = getattr(linen, function)(*args, **kwargs)
        rules = pairs(mapping.find(name), build())
        report = check_equivalence(module, build, f32(2, 5), mapping=rules, samples=1, poison=False)
    assert report.equal, report


def test_a_note_says_so_in_one_place() -> None:
    _, file, _ = migrate(HEADER + NETS + FUNCTIONS["of a table"][0])
    (note,) = [d for d in file.diagnostics if d.code == "MN301"]
    assert note.severity is Severity.NOTE
    assert note.line == HEADER.count("\n") + NETS.count("\n") + TABLE.count("\n") + 3
    assert "`any_net` makes models of Net and Wide" in note.message
    assert note.message.endswith("in_features and rngs")


def test_packages_export_it() -> None:
    """An import that hands the name on, and `__all__`, are no callers."""
    files = {
        "pack/nets.py": HEADER + '\n__all__ = ["Net", "small"]\n' + NETS + FUNCTIONS["a class"][0],
        "pack/__init__.py": 'from .nets import Net, small\n\n__all__ = ["Net", "small"]\n',
    }
    result = migrate_files({path: text.encode() for path, text in files.items()}, Options())
    assert not any(refusals(file) for file in result.files)
    assert FUNCTIONS["a class"][1] in result.files[0].after.decode()
    check_stable(result.files[0])


REFUSED = {
    "it is called": "\n\ndef small():\n    return Net(8)\n\n\ndef twice():\n    return small(), small()\n",
    "something decorates it": "\n\n@partial(print)\ndef small():\n    return Net(8)\n",
    "a size has the name of an argument": "\n\ndef small(in_features):\n    return Net(in_features)\n",
    "a local is called rngs": "\n\ndef small():\n    rngs = 8\n    return Net(rngs)\n",
    "it returns more": "\n\ndef small():\n    return Net(8), 8\n",
    "it makes a second one": "\n\ndef small():\n    print(Net(4))\n    return Net(8)\n",
    "what it is given is unpacked": "\n\ndef small(*args):\n    return Net(*args)\n",
    "some calls hand on": "\n\ndef small(c, **kw):\n    if c:\n        return Net(8)\n    return Net(**kw)\n",
    "the table is read elsewhere": TABLE
    + "\n\ndef any_net(kind):\n    return NETS[kind](8)\n\n\ndef other(kind):\n    return NETS[kind]\n",
}


@pytest.mark.parametrize("functions", REFUSED.values(), ids=REFUSED)
def test_other_functions_keep_the_class_linen(functions: str) -> None:
    text, file, _ = migrate(HEADER + NETS + functions)
    assert "class Net(nn.Module)" in text
    assert "MN301" in {d.code for d in refusals(file)}, listed(file)


@pytest.mark.parametrize(
    "other",
    [
        "from pack.nets import small\n\nNET = small()\n",
        "import pack.nets\n\nNET = getattr(pack.nets, 'small')()\n",
        "from pack import nets\n\n\ndef make(name):\n    return getattr(nets, name)()\n",
        "from pack import nets\n\n\ndef make(name):\n    return vars(nets)[name]()\n",
    ],
    ids=["called", "by its name in a string", "by a name that is computed", "by the names of the module"],
)
@pytest.mark.parametrize("flax", ["", "import flax\n"], ids=["plain", "with flax"])
def test_callers_in_other_files_are_callers(other: str, flax: str) -> None:
    files = {"pack/nets.py": HEADER + NETS + FUNCTIONS["a class"][0], "main.py": flax + other}
    result = migrate_files({path: text.encode() for path, text in files.items()}, Options())
    assert "class Net(nn.Module)" in result.files[0].after.decode()


def test_classes_that_ask_for_other_sizes_are_not_asked_together() -> None:
    """By name everything can be handed on; by place, the sizes of one class are no sizes of the other."""
    images = """

class Images(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        b, h, w, c = x.shape
        return nn.Dense(self.width)(x.reshape(b, h * w * c))


NETS = {"images": Images, "wide": Wide}


def any_net(kind, width):
    return NETS[kind](width)
"""
    text, file, _ = migrate(HEADER + NETS + images)
    assert "class Wide(nn.Module)" in text
    assert any("do not ask for the same" in d.message for d in refusals(file)), listed(file)
