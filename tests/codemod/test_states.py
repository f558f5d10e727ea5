"""Models whose variables stay values: split at the init, merged where Linen's apply was."""

import pickle
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from migrate_norm.codemod.migrate import migrate_files

from .check import load
from .states_transformed import LAYERS, SAME, TRANSFORMED
from .test_sites import function

X = jax.random.normal(jax.random.key(7), (3, 4))


def migrated(body: str, **others: str) -> tuple[str, list[str], list[str]]:
    """Returns the new text of `f`, the refusals of all files and the notes."""
    files = {"m.py": (LAYERS + function("f", body, "key, x")).encode()}
    result = migrate_files(files | {f"{name}.py": text.encode() for name, text in others.items()})
    found = [d for file in result.files for d in file.diagnostics]
    after = result.files[0].after.decode()
    notes = [d.code for d in found if d.severity.value == "note"]
    return after, [f"{d.code} {d.message}" for d in found if d.severity.value != "note"], notes


@cache
def both(name: str) -> tuple[Any, Any]:
    """The modules of a case before and after."""
    before = SAME[name] if name in SAME else TRANSFORMED[name][0]
    after, refused, notes = migrated(before)
    assert refused == []
    assert set(notes) == {"MN304"}
    return load(LAYERS + function("f", before, "key, x")), load(after)


@pytest.mark.parametrize("name", TRANSFORMED)
def test_becomes(name: str) -> None:
    before, expected = TRANSFORMED[name]
    after, refused, _ = migrated(before)
    assert refused == []
    assert after[after.index("def f(") :] == function("f", expected, "key, x")


@pytest.mark.parametrize("graph", [True, False], ids=["graph mode", "tree mode"])
@pytest.mark.parametrize("name", [*TRANSFORMED, *SAME])
def test_computes_the_same(name: str, graph: bool) -> None:
    linen, new = both(name)
    with warnings.catch_warnings(), nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        warnings.simplefilter("error")
        got, want = new.f(jax.random.key(0), X), linen.f(jax.random.key(0), X)
    assert jax.tree.structure(got) == jax.tree.structure(want)
    for ours, theirs in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert np.isfinite(theirs).all()
        assert np.any(theirs)


DROPS = """
    model = Drop()
    params = model.init(key, x)["params"]

    @jax.jit
    def run(key):
        return model.apply({"params": params}, x, True, rngs={"dropout": key})

    return [run(jax.random.key(seed)) for seed in (1, 1, 2)]
"""


@pytest.mark.parametrize("graph", [True, False], ids=["graph mode", "tree mode"])
def test_each_layer_draws_anew_from_the_key_of_each_call(graph: bool) -> None:
    after, refused, _ = migrated(DROPS)
    assert refused == []
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        once, again, other = load(after).f(jax.random.key(0), X)
    np.testing.assert_array_equal(once, again)
    masks = [np.asarray(y) == 0 for y in (*once, *other)]
    assert all(0.3 < mask.mean() < 0.7 for mask in masks)
    assert all((one != two).any() for i, one in enumerate(masks) for two in masks[:i])


def test_a_key_for_each_stream_where_init_is_given_them() -> None:
    body = DROPS.replace(
        "model.init(key, x)", 'model.init({"params": key, "dropout": jax.random.key(1)}, x, True)'
    )
    after, refused, _ = migrated(body)
    assert refused == []
    assert "nnx.Rngs(params=key, dropout=1)" in after


APPLIED = """
    model = Net()
    v = model.init(key, x)
    g = lambda y: model.apply(v, y)
"""
REFUSED = {
    "a variable by its name": (APPLIED + '    return g(x), v["params"]["Dense_0"]["bias"]', "by the names"),
    "a part by its name": (
        APPLIED.replace("(key, x)", '(key, x)["params"]').replace("(v,", '({"params": v},')
        + '    return g(x), v["Dense_0"]',
        "by the names",
    ),
    "changed in place": (APPLIED + "    v |= {}\n    return g(x)", "changed in place"),
    "in an f-string": (APPLIED + '    return f"{model.apply(v, x)}"', "f-string"),
    "the model handed on": (APPLIED + "    return g, model", "neither the init"),
    "a field of the model": (APPLIED + "    return g(x) * model.scale", "neither the init"),
    "applied before it is initialised": (
        APPLIED.replace("    v =", "    first = jax.jit(model.apply)\n    v =") + "    return first(v, x)",
        "before it is initialised",
    ),
    "initialised twice": (APPLIED + "    v = model.init(key, x)\n    return g(x)", "neither the init"),
    "bound again": (APPLIED + "    model = None\n    return g(x)", "in more than one place"),
    "hidden in part": (
        APPLIED + "    return g(x), [model for model in x]",
        "in more than one place",
    ),
    "initialised in a branch": (
        APPLIED.replace("    v = model", "    if x.any():\n        v = model") + "    return g(x)",
        "made and initialised once",
    ),
    "initialised perhaps": (
        "\n    model = Net()\n    v = model.init(key, x) if x.any() else None\n    return model.apply(v, x)",
        "made and initialised once",
    ),
    "initialised with a key that is made on the spot": (
        "\n    model = Net()\n    return jax.jit(model.apply)(model.init(jax.random.split(key)[0], x), x)",
        "the key of init is made on the spot",
    ),
    "statistics that a lambda makes": (
        "\n    model = Norm()\n    init = lambda k: model.init(k, x)\n    return model.apply(init(key), x)",
        "`batch_stats` besides parameters",
    ),
    "streams that a lambda makes": (
        "\n    model = Drop()\n    init = lambda k: model.init(k, x)\n    return model.apply(init(key), x)",
        "random streams besides parameters",
    ),
    "a sample that a lambda is given": (
        "\n    model = Net()\n    init = lambda k, y: model.init(k, y)\n    return model.apply(init(key, x), x)",
        "`y`, from which its size comes",
    ),
    "samples of two sizes": (
        """
    model = Net()
    one, two = lambda k: model.init(k, x), lambda k: model.init(k, jnp.ones((1, 2)))
    return model.apply(one(key), x), two""",
        "inputs of other sizes",
    ),
    "a sample that is bound again": (
        """
    model = Net()
    y = x[:1]
    y = y[:, :2]
    init = lambda k: model.init(k, y)
    return model.apply(init(key), x)""",
        "is bound more than once",
    ),
    "applied before its sample is there": (
        """
    model = Net()
    g = jax.jit(model.apply)
    y = x[:1]
    init = lambda k: model.init(k, y)
    return g(init(key), x)""",
        "before its size is known",
    ),
    "made by a lambda that nothing applies": (
        "\n    model = Net()\n    return lambda k: model.init(k, x)",
        "nothing here applies",
    ),
    "on one line with the model": (
        "\n    model = Net(); init = lambda k: model.init(k, x)\n    return model.apply(init(key), x)",
        "shares its line",
    ),
    "given a list that grows": (
        """
    sizes = [1.0]
    model = Net(sizes)
    sizes.append(2.0)
    v = model.init(key, x)
    return (lambda: model.apply(v, x))()""",
        "changes before the init",
    ),
    "variables from elsewhere": (
        APPLIED.replace("    g =", "    v = load()\n    g =") + "    return g(x)",
        "`v` may be bound to what does not come from the init",
    ),
    "perhaps from elsewhere": (
        APPLIED.replace("    g =", "    if x.any():\n        v = x.load()\n    g =") + "    return g(x)",
        "`v` may be bound to what does not come from the init",
    ),
    "applied to variables from elsewhere": (
        APPLIED.replace("(v, y)", "(w, y)").replace("    g =", "    w = dict(load())\n    g =")
        + "    return g(x)",
        "`w` may be bound to what does not come from the init",
    ),
    "applied to a part of what comes from elsewhere": (
        APPLIED.replace("(v, y)", '({"params": w}, y)').replace("    g =", "    _, w = load()\n    g =")
        + "    return g(x)",
        "`w` may be bound to what does not come from the init",
    ),
    "nothing applies it": (
        "\n    model = Net()\n    v = model.init(key, x)\n    return jax.tree.map(jnp.shape, v)",
        "nothing here applies",
    ),
    "keywords that may be options": (
        APPLIED.replace("(v, y)", "(v, y, **kw)").replace("y:", "y, **kw:") + "    return g(x)",
        "`**` in the call",
    ),
    "variables put together": (
        APPLIED.replace("(v, y)", '({**v, "a": y}, y)') + "    return g(x)",
        "consists of is not followed",
    ),
    "statistics left out": (
        APPLIED.replace("Net()", "Norm()").replace("(v,", '({"params": v["params"]},') + "    return g(x)",
        "called without `batch_stats`",
    ),
    "all of it mutable": (
        APPLIED.replace("Net()", "Norm()").replace("(v, y)", "(v, y, mutable=True)") + "    return g(x)",
        "`mutable=True`",
    ),
    "another method of a class with statistics": (
        APPLIED.replace("Net()", "Norm()").replace("(v, y)", '(v, y, method="__call__")') + "    return g(x)",
        "`method=`",
    ),
    "a draw without a key of its own at init": (
        APPLIED.replace("Net()", "Drop()").replace("(key, x)", '({"noise": key}, x)') + "    return g(x)",
        "no key for `dropout`",
    ),
    "a key that is made on the spot": (
        APPLIED.replace("Net()", "Drop()").replace("(key, x)", "(jax.random.split(key)[0], x)")
        + "    return g(x)",
        "more than one random stream",
    ),
    "a collection beside": (
        APPLIED.replace("Net()", "Cached()") + "    return g(x)",
        "`cache` would have to be handed on",
    ),
}
EXTRA = """\
class Cached(nn.Module):
    @nn.compact
    def __call__(self, x):
        seen = self.variable("cache", "seen", jnp.zeros, (1,))
        return x + seen.value


class Layer(nn.Module):
    @nn.compact
    def __call__(self, x, _):
        return nn.Dropout(0.5)(nn.Dense(4)(x), deterministic=False), None


class Deep(nn.Module):
    @nn.compact
    def __call__(self, x):
        scanned = nn.scan(Layer, variable_axes={"params": 0}, split_rngs={"params": True, "dropout": True}, length=2)
        return scanned()(x, None)[0]


"""


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.usefixtures("no_bridges")
def test_refused(name: str) -> None:
    body, message = REFUSED[name]
    text = LAYERS + EXTRA + "\n\ndef f(key, x):" + body + "\n"
    file = migrate_files({"m.py": text.encode()}).files[0]
    assert file.after.decode().endswith(body + "\n")
    assert message in " / ".join(d.message for d in file.diagnostics if d.code == "MN301")


def test_each_round_draws_its_own() -> None:
    """What a caller names sets the keys of all rounds of a scan."""
    body = """
    model = Deep()
    params = model.init({"params": key, "dropout": key}, x)["params"]
    return [model.apply({"params": params}, x, rngs={"dropout": k}) for k in (key, key, jax.random.key(5))]
"""
    file = migrate_files({"m.py": (LAYERS + EXTRA + "\n\ndef f(key, x):" + body).encode()}).files[0]
    text = file.after.decode()
    assert not [d for d in file.diagnostics if d.severity.value != "note"]
    assert 'nnx.reseed(model, policy="match_shape", **(rngs or {}))' in text
    one, again, other = load(text).f(jax.random.key(0), jnp.ones((8, 4)))
    assert jnp.array_equal(one, again)
    assert not jnp.array_equal(one, other)


PATHS = {
    "traverse_util": "from flax import traverse_util\n",
    "tree_map_with_path": "import jax\n\nmask = lambda p: jax.tree_util.tree_map_with_path(lambda k, _: k[-1], p)\n",
    "map(lambda _: next(": "import jax\n\nfilled = lambda p, own: jax.tree.map(lambda _: next(own), p)\n",
    "from acme import fetch_weights": "from acme import fetch_weights\n",
    "unflatten": "import jax\n\nnoisy = lambda p, leaves: jax.tree.unflatten(jax.tree.structure(p), leaves)\n",
    '"Dense_{i}"': 'def weights(arrays):\n    return {f"Dense_{i}": {"bias": a} for i, a in enumerate(arrays)}\n',
    '"Dense_10"': 'def weights(array):\n    return {"Dense_10": {"bias": array}}\n',
    "ravel_pytree": "from jax.flatten_util import ravel_pytree\n",
    "from acme import start": "from acme import start\n",
    "import acme.zoo as zoo": "import numpy as np\nimport acme.zoo as zoo  # of others\n",
    "import jax, acme": "def start():\n    import jax, acme\n\n    return acme.start(jax)\n",
    "from .start import first": "from .start import first\n",
    "from brax import envs, training": "from brax import envs, training\n",
}


@pytest.mark.parametrize("name", PATHS)
def test_code_that_asks_for_paths_keeps_all_such_models(name: str) -> None:
    after, refused, _ = migrated(APPLIED + "    return g(x)", optimiser=PATHS[name])
    assert "graphdef" not in after
    assert f"`{name}` (optimiser.py:" in " ".join(refused)


LOADS = {
    "pickle": "import pickle\n",
    "np.load": "import numpy as np\n\nsaved = np.load('params.npz')\n",
    "restore": "def latest(manager, step):\n    return manager.restore(step)\n",
    "load_params": "from numpy import load_params\n",
    "open(": "import ast\n\n\ndef weights(path):\n    return ast.literal_eval(open(path).read())\n",
    "json.load": "import json\n\nweights = json.load\n",
    "orbax": "import orbax.checkpoint as ocp\n",
    "huggingface_hub": "from huggingface_hub import hf_hub_download\n",
    "requests": "import requests\n",
    "from_pretrained": "from transformers import FlaxBertModel\n\nbert = FlaxBertModel.from_pretrained\n",
    "flax.training import train_state, checkpoints": "from flax.training import train_state, checkpoints\n",
}
HANDED = """
    model = Net()
    v = model.init(key, x)
    return v, jax.jit(model.apply)"""


@pytest.mark.parametrize("name", LOADS)
def test_a_merge_asks_for_the_names_where_variables_may_be_loaded(name: str) -> None:
    after, refused, notes = migrated(HANDED, loader=LOADS[name])
    assert (refused, notes) == ([], ["MN304"])
    assert "    abstract = nnx.eval_shape(lambda: v)\n" in after
    assert "nnx.merge(graphdef, nnx.merge_state(abstract, params))(" in after
    after, refused, _ = migrated(APPLIED + "    return g(x)", loader=LOADS[name])
    assert refused == []
    assert "g = lambda y: nnx.merge(graphdef, v)(y)" in after  # no others than those of its own init


def test_a_dict_of_states_may_be_given_others() -> None:
    body = APPLIED.replace("    g =", "    v.update(loaded)\n    g =") + "    return g(x)"
    after, refused, _ = migrated(body, loader=LOADS["pickle"])
    assert refused == []
    assert "v.update(loaded)" in after
    assert 'nnx.merge(graphdef, nnx.merge_state(abstract, v["params"]))(y)' in after


def test_what_loads_is_named() -> None:
    files = {
        "m.py": LAYERS + function("f", HANDED, "key, x"),
        "io/loader.py": "# of data\n\n\n" + LOADS["np.load"],
    }
    result = migrate_files({path: text.encode() for path, text in files.items()})
    (note,) = (d for file in result.files for d in file.diagnostics)
    assert "`np.load` (io/loader.py:6) may load some: variables by other names raise an error" in note.message


@pytest.mark.parametrize("graph", [True, False], ids=["graph mode", "tree mode"])
def test_variables_by_other_names_raise_an_error(graph: bool) -> None:
    after, _, _ = migrated(HANDED, loader=LOADS["pickle"])
    theirs, _ = load(LAYERS + function("f", HANDED, "key, x")).f(jax.random.key(0), X)
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        own, run = load(after).f(jax.random.key(0), X)
        stored = nnx.to_pure_dict(own)
        np.testing.assert_array_equal(run(stored, X), run(own, X))
        first = next(iter(stored))
        short = {name: part for name, part in stored.items() if name != first}
        odd = {**stored, first: {**stored[first], "kernels": stored[first]["kernel"]}}
        for other in (theirs, theirs["params"], short, odd, {**short, "Dense_0": stored[first]}):
            with pytest.raises((ValueError, TypeError)):
                run(other, X)


@pytest.mark.parametrize("graph", [True, False], ids=["graph mode", "tree mode"])
@pytest.mark.parametrize("name", TRANSFORMED)
def test_computes_the_same_where_names_are_asked(name: str, graph: bool) -> None:
    before = TRANSFORMED[name][0]
    after, refused, _ = migrated(before, loader=LOADS["open("])
    assert refused == []
    linen, _ = both(name)
    with warnings.catch_warnings(), nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        warnings.simplefilter("error")
        got, want = load(after).f(jax.random.key(0), X), linen.f(jax.random.key(0), X)
    for ours, theirs in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_a_run_has_stored_it_can_load(tmp_path: Path) -> None:
    after, _, _ = migrated(HANDED, loader=LOADS["orbax"])
    own, run = load(after).f(jax.random.key(0), X)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "params", own)
        checkpointer.wait_until_finished()
        shapes = jax.tree.map(jnp.zeros_like, own)
        restored = checkpointer.restore(tmp_path / "params", shapes)
    for stored in (restored, pickle.loads(pickle.dumps(own))):
        np.testing.assert_array_equal(run(stored, X), run(own, X))


@pytest.mark.usefixtures("no_bridges")
def test_states_are_not_serialized_by_flax() -> None:
    after, refused, _ = migrated(HANDED, loader="from flax import serialization\n")
    assert "graphdef" not in after
    assert "`from flax import serialization` (loader.py:1) does not take the states of NNX" in " ".join(
        refused
    )


KNOWN = {
    "packages that hand out none": "import os, jax.numpy as jnp\nimport gymnasium as gym\nfrom brax import envs\n",
    "files of the run": "from . import m\nfrom .m import Net\nfrom m import (\n    Net,\n)\nimport m as other\n",
    "data that is downloaded": "import tensorflow_datasets as tfds\n\ntfds.builder('mnist').download_and_prepare()\n",
    "a class that is a pytree": "class Pair:\n    @classmethod\n    def tree_unflatten(cls, _, parts):\n        pass\n",
    "variables of a class": "class Own(nn.Module):\n    def f(self):\n        self.param(\n            'kernel', 1)\n",
    "a sentence": '"""What others\nimport from elsewhere."""\n',
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_hands_out_no_variables(name: str) -> None:
    after, _, _ = migrated(APPLIED + "    return g(x)", optimiser=KNOWN[name])
    assert "graphdef" in after


@pytest.mark.usefixtures("no_bridges")
def test_an_argument_whose_name_is_taken_stays_where_it_is() -> None:
    body = APPLIED.replace("Net()", "Net(x.sum())").replace("    v =", "    scale = x + 1\n    v =")
    _, refused, _ = migrated(body + "    return g(x), scale")
    assert "`scale` is a variable already" in " ".join(refused)


SCRIPT = """\
import jax
import jax.numpy as jnp
from m import Net

model = Net()
params = model.init(jax.random.key(0), jnp.ones((1, 4)))


def predict(x):
    return model.apply(params, x)
"""


def test_a_module_of_which_another_file_has_the_model_stays() -> None:
    _, refused, _ = migrated("    return x\n", use=SCRIPT)
    assert refused == []
    _, refused, _ = migrated("    return x\n", use=SCRIPT, other="from use import params\n")
    assert "another file imports it" in " ".join(refused)


def test_definitions_of_a_script_stand_apart() -> None:
    script = SCRIPT.replace("\n\ndef predict", "run = jax.jit(model.apply)\n\n\ndef predict")
    sources = {"m.py": LAYERS.encode(), "use.py": script.encode()}
    after = migrate_files(sources).files[1].after.decode()
    assert after.count("\n\n\ndef apply(params, *args, **kwargs):\n") == 1
    assert after.count("(*args, **kwargs)\n\n\nrun = jax.jit(apply)\n") == 1


GIVEN = """\
def made(module, key, x, rate):
    params = module.init(key, x)["params"]
    return train_state.TrainState.create(apply_fn=module.apply, params=params, tx=optax.sgd(rate))


def f(key, x):
    net = Net(scale=2.0)
    states = made(net, key, x, 0.1), made(Net(), key, x, rate=0.1), made(module=Net(name="n"), key=key, x=x, rate=1)
    return [state.apply_fn({"params": state.params}, x) for state in states]
"""


def _given(text: str, **others: str) -> tuple[str, str]:
    """Returns what `text` behind the layers becomes, and what is refused."""
    files = {"m.py": (LAYERS + text).encode()} | {f"{n}.py": t.encode() for n, t in others.items()}
    result = migrate_files(files)
    refused = [d.message for file in result.files for d in file.diagnostics if d.code == "MN301"]
    return result.files[0].after.decode(), " / ".join(refused)


@pytest.mark.parametrize("graph", [True, False], ids=["graph mode", "tree mode"])
def test_a_function_that_is_given_models_is_given_what_makes_them(graph: bool) -> None:
    after, refused = _given(GIVEN)
    assert not refused
    assert (
        "    net = partial(Net, scale=2.0)\n    states = made(net, key, x, 0.1), made(Net, key, x, rate=0.1)"
        in after
    )
    assert "made(module=Net, key=key, x=x, rate=1)\n" in after
    assert "    graphdef, params = nnx.split(module(x.shape[-1], rngs=nnx.Rngs(key)))\n" in after
    assert "from functools import partial\n" in after
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        got = load(after).f(jax.random.key(0), X)
    want = load(LAYERS + GIVEN).f(jax.random.key(0), X)
    np.testing.assert_array_equal(np.stack(got), np.stack(want))
    assert not np.array_equal(got[0], got[1])


def test_the_file_s_own_functools_makes_the_partial() -> None:
    after, refused = _given("import functools\n\n\n" + GIVEN)
    assert not refused
    assert "net = functools.partial(Net, scale=2.0)" in after
    assert "from functools" not in after


NOT_GIVEN = {
    "two classes": (GIVEN.replace("made(Net(), ", "made(Norm(), "), "is passed to `made`"),
    "a field by its place": (GIVEN.replace("scale=2.0", "2.0"), "given by their names"),
    "used besides": (GIVEN.replace("    return [", "    print(net)\n    return ["), "is passed to `made`"),
    "not initialised there": (GIVEN.replace('module.init(key, x)["params"]', "{}"), "is not initialised once"),
    "handed further": (GIVEN.replace("apply_fn=module.apply", "apply_fn=vars(module)"), "neither the init"),
    "with a default": (GIVEN.replace("module, key, x, rate", "module=None, key=0, x=0, rate=1"), "passed to `made`"),
    "bound again": (GIVEN.replace("    params =", "    module = module\n    params ="), "is passed to `made`"),
    "the function handed on": (GIVEN + "\n\ng = [made]\n", "is passed to `made`"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_GIVEN)
def test_not_given(name: str) -> None:
    text, message = NOT_GIVEN[name]
    after, refused = _given(text)
    assert after.endswith(text)
    assert message in refused


@pytest.mark.parametrize("use", ["from m import made\n", "import m\n\nmake = m.made\n"])
def test_a_function_that_another_file_calls_is_not_given_something_else(use: str) -> None:
    after, refused = _given(GIVEN, other=use + "import flax\n")
    assert after.endswith(GIVEN)
    assert "another file imports it" in refused
