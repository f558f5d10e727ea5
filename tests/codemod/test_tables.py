"""Tables of classes at the top of a file, `MODELS = {"small": Small, "large": Large}`: a key picks what is made."""

import contextlib
import io

import pytest

from .check import HEADER, codes, load, migrate, migrate_project, refusals, texts

CLASSES = """\
class Small(nn.Module):
    out: int = 4

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.out, kernel_init=nn.initializers.ones)(x)


class Large(nn.Module):
    out: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(6, kernel_init=nn.initializers.ones)(x))
        return nn.Dense(self.out, kernel_init=nn.initializers.ones)(x)


MODELS = {"small": Small, "large": Large}


def get_model(name):
    if name not in MODELS:
        raise ValueError(f"none of {sorted(MODELS)}")
    return MODELS[name]


"""
SCRIPT = """\
def init_model(key, name, x):
    model = get_model(name)(out=2)
    variables = model.init(key, x)
    return model, variables["params"]


def main(name, x):
    net = MODELS[name](out=3)
    variables = net.init(jax.random.key(0), x)
    print(net.apply(variables, x))
    model, params = init_model(jax.random.key(1), name, x)
    print(jax.jit(model.apply)({"params": params}, x))


for name in MODELS.keys():
    main(name, jnp.arange(10.0).reshape(2, 5))
"""
SOURCE = HEADER + CLASSES + SCRIPT


def test_transformed() -> None:
    text, file, _ = migrate(SOURCE)
    assert not refusals(file)
    assert "    model = nnx.bridge.to_linen(get_model(name), x.shape[-1], out=2)\n" in text, text
    assert "    net = nnx.bridge.to_linen(MODELS[name], x.shape[-1], out=3)\n" in text
    assert CLASSES[CLASSES.index("MODELS") :] in text


def test_it_prints_the_same() -> None:
    printed = []
    for text in (SOURCE, migrate(SOURCE)[0]):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            load(text)
        printed.append(out.getvalue())
    assert printed[0] == printed[1]
    assert printed[0].count("[[") == 4


REFUSED = {
    "other sizes": ("(x)\n\n\nMODELS", "(x) + self.param('b', nn.initializers.ones, x.shape)[0]\n\n\nMODELS"),
    "a class that stays": ("        x = nn.relu(", "        self.scope.push('a')\n        x = nn.relu("),
    "changed": ("\ndef get_model", "\nMODELS['tiny'] = Small\n\n\ndef get_model"),
    "bound again": ("\ndef get_model", "\nMODELS = dict(MODELS)\n\n\ndef get_model"),
    "bound by an import": ("\ndef get_model", "\nfrom acme import models as MODELS\n\n\ndef get_model"),
    "handed on": ("\ndef get_model", "\nprint(MODELS)\n\n\ndef get_model"),
    "the class is kept": ("get_model(name)(out=2)", "f(get_model(name))"),
    "the class has a name": (
        "    model = get_model(name)(out=2)",
        "    cls = get_model(name)\n    model = cls(out=2)",
    ),
    "the function is handed on": ("def init_model", "makers = [get_model]\n\n\ndef init_model"),
    "the function is decorated": ("def get_model", "@jax.tree_util.Partial\ndef get_model"),
    "it returns another one": (
        "    return MODELS[name]",
        "    if not name:\n        return Small\n    return MODELS[name]",
    ),
    "its items": ("in MODELS.keys():", "in dict(MODELS.items()):"),
    "other fields by place": ("(out=3)", "(3)"),
    "more than classes": ('"small": Small,', '"small": Small, "none": None,'),
    "made by a module": (
        "MODELS = {",
        "class Both(nn.Module):\n    def setup(self):\n        self.net = MODELS['small'](out=3)\n\n\nMODELS = {",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    old, new = REFUSED[case]
    assert old in SOURCE
    before = SOURCE.replace(old, new, 1)
    if case == "other fields by place":
        before = before.replace("class Large(nn.Module):\n", "class Large(nn.Module):\n    depth: int = 1\n")
    text, file, _ = migrate(before)
    assert refusals(file)
    assert "class Small(nn.Module)" in text
    assert "to_linen" not in text.partition("def init_model")[2], text


def test_another_file_that_takes_the_table() -> None:
    files = {"m.py": HEADER + CLASSES, "train.py": "from m import MODELS\n\nmodel = MODELS['small']()\n"}
    result = migrate_project(files)
    assert "MN301" in codes(result.files)
    assert "nnx" not in texts(result)["m.py"]
    taken = {"m.py": SOURCE, "train.py": "from m import get_model\n\nmodel = get_model('small')()\n"}
    assert "class Small(nn.Module)" in texts(migrate_project(taken))["m.py"]
