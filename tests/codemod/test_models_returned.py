"""`create_model(config)`: a function that returns a new model is read as the construction, wherever it is called."""

import pytest
from migrate_norm.catalog.findings import Severity

from .check import HEADER, listed, migrate, migrate_project, refusals

_MODEL = """\
class Net(nn.Module):
    width: int = 4
    out: int = 2

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.out)(nn.relu(nn.Dense(self.width)(x)))


def create(config, out=3):
    \"\"\"The model of a config.\"\"\"
    return Net(config["width"], out=out)


"""
_SCRIPT = """\
config = {"width": 5}
net = create(config)
params = net.init(jax.random.key(0), jnp.ones((2, 6)))
y = net.apply(params, jnp.ones((3, 6)))
z = create(config, 4).init(jax.random.key(0), jnp.ones((2, 6)))
"""


def test_in_one_file() -> None:
    after, file, _ = migrate(HEADER + _MODEL + _SCRIPT)
    assert not refusals(file), listed(file)
    assert "def create" not in after
    assert 'net = Net(6, config["width"], out=3, rngs=nnx.Rngs(0))' in after
    (note,) = (d for d in file.diagnostics if d.severity is Severity.NOTE and d.code == "MN301")
    assert "constructed where `create` was called, which is gone" in note.message
    scope: dict[str, object] = {}
    exec(compile(after, "after", "exec"), scope)
    assert scope["y"].shape == (3, 3)  # type: ignore[attr-defined]


_TRAIN = """\
import jax
import jax.numpy as jnp
from models import create


def main(config):
    net = create(config)
    variables = net.init(jax.random.key(0), jnp.ones((2, 6)))
    return net.apply(variables, jnp.ones((3, 6)))
"""


_SPELLED_OUT = _TRAIN.replace("from models import create", "import models").replace(
    "create(", "models.create("
)


@pytest.mark.parametrize(
    ("train", "imported", "name"),
    [(_TRAIN, "from models import Net\n", "Net"), (_SPELLED_OUT, "\nimport models\n", "models.Net")],
    ids=["imported", "spelled-with-its-file"],
)
def test_in_another_file(train: str, imported: str, name: str) -> None:
    """What it imports is the class, or what it spells with the file, for the class is where the function was."""
    files = {f.path: f for f in migrate_project({"models.py": HEADER + _MODEL, "train.py": train}).files}
    assert not [d for f in files.values() for d in refusals(f)]
    after = files["train.py"].after.decode()
    assert imported in after
    assert f'net = {name}(6, config["width"], out=3, rngs=nnx.Rngs(0))' in after
    assert "def create" not in files["models.py"].after.decode()


def _check_stays(train: str, old: str, new: str, **others: str) -> None:
    """Nothing is half read: the function and the class go on as they are."""
    assert old in train
    texts = {f"{name}.py": text for name, text in others.items()}
    result = migrate_project({"models.py": HEADER + _MODEL, "train.py": train.replace(old, new)} | texts)
    files = {f.path: f for f in result.files}
    assert all(f.before == f.after for f in files.values()), files["train.py"].after.decode()
    assert [d.code for f in files.values() for d in refusals(f)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    net = models.create(", "    made = models.create\n    net = made("),
        ("def main(config):\n", "def main(config, models):\n"),
        ("models.create(config)", "models.create(*[config])"),
        ("import models\n", "import others as models\n"),
    ],
)
def test_what_stays_of_those(old: str, new: str) -> None:
    _check_stays(_SPELLED_OUT, old, new, others="from models import create\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from models import create\n", "from models import create as make\n\ncreate = make\n"),
        ("from models import create\n", "from models import create, Net\n"),
        ("import create\n", "import create\n\n__all__ = ['create']\n"),
        ("    net = create(", "    made = create\n    net = made("),
        ("def main(config):\n", "def main(config, create=create):\n"),
        ("def main(config):\n", "def main(config, Net=None):\n"),
        ("def main(config):\n", "def main(config, create):\n"),
        ("create(config)", "create(*[config])"),
        ("create(config)", "create(print() or config)"),
    ],
)
def test_what_stays(old: str, new: str) -> None:
    _check_stays(_TRAIN, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def create", "@jax.jit\ndef create"),
        (
            '    return Net(config["width"], out=out)',
            '    config = dict(config)\n    return Net(config["width"], out=out)',
        ),
        ('Net(config["width"], out=out)', "Net(*config.values())"),
        ("def create(config, out=3)", "def create(config, out=3, **more)"),
        ("net = create(config)", "Net = Net\nnet = create(config)"),
        ("net = create(config)", "net = (lambda: create(config))()"),
        ("net = create(config)", "made = [create(config) for create in (print,)]\nnet = create(config)"),
    ],
)
def test_functions_that_do_more(old: str, new: str) -> None:
    text = HEADER + _MODEL + _SCRIPT
    assert old in text
    after, file, _ = migrate(text.replace(old, new, 1))
    assert "def create" in after
    assert refusals(file), after


@pytest.mark.parametrize(
    ("given", "size"), [("input_shape", "input_shape[-1]"), ("cfg.image_shape", "cfg.image_shape[-1]")]
)
def test_a_shape_with_a_name(given: str, size: str) -> None:
    made = f"params = net.init(jax.random.key(0), jnp.ones({given}))"
    script = f"def init(cfg, input_shape):\n    net = Net()\n    {made}\n"
    after, file, _ = migrate(HEADER + _MODEL.partition("def create")[0] + script)
    assert not refusals(file), listed(file)
    assert f"Net({size}, rngs=nnx.Rngs(0))" in after


def test_a_number_with_a_name() -> None:
    script = "def init(batch):\n    net = Net()\n    params = net.init(jax.random.key(0), jnp.ones(batch))\n"
    assert refusals(migrate(HEADER + _MODEL.partition("def create")[0] + script)[1])
