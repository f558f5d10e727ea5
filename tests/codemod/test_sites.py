"""Call sites of migrated classes: what becomes of them, and which are refused and why."""

import ast
import textwrap
from pathlib import Path

import pytest

from migrate_norm.codemod.constructors import Constructor, SizeArgument
from migrate_norm.codemod.edits import Edit, Remove
from migrate_norm.codemod.names import read_names
from migrate_norm.codemod.sites import SitePlan, plan_sites
from migrate_norm.codemod.source import Source, parse

EXAMPLES = Path(__file__).parents[2] / "examples"
HEADER = """\
import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from norms import BN, LN, Plain, Inner

"""
SIZE = SizeArgument("d", parameter="x", template="{}.shape[-1]")
CLASSES = {
    "norms.LN": Constructor(
        "norms.LN", ("eps",), (SIZE,), {"__call__": ("x",), "encode": ("x",)}, {"params": {"gamma": "gamma"}}
    ),
    "norms.BN": Constructor(
        "norms.BN",
        ("momentum", "eps"),
        (SIZE,),
        {"__call__": ("x", "train")},
        {"params": {"gamma": "gamma"}, "batch_stats": {"mean": "mean", "var": "var"}},
    ),
    "norms.Plain": Constructor(
        "norms.Plain", ("features",), (), {"__call__": ("x",)}, {"params": {"w": "w", "step": "step_"}}
    ),
    "norms.Inner": Constructor(
        "norms.Inner", (), (SizeArgument("d"),), {"__call__": ("x",)}, {"params": {"w": "w"}}
    ),
}


def read(text: str, module: str = "m", classes: dict[str, Constructor] | None = None) -> tuple[Source, SitePlan]:
    source = parse(f"{module}.py", text.encode(), module)
    return source, plan_sites(source, read_names(source.tree, module), classes or CLASSES, ())


def splice(source: Source, edits: tuple[Edit, ...]) -> str:
    """Applies the edits: a removed statement takes its lines along."""
    starts = [0]
    for line in source.lines:
        starts.append(starts[-1] + len(line))
    text = source.text
    for edit in sorted(edits, reverse=True):
        line, column, end_line, end_column = edit.span
        if isinstance(edit, Remove):
            text = text[: starts[line - 1]] + text[starts[end_line] :]
        else:
            text = text[: starts[line - 1] + column] + edit.code + text[starts[end_line - 1] + end_column :]
    ast.parse(text)
    return text


def function(name: str, body: str, parameters: str) -> str:
    return f"def {name}({parameters}):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


def check_transformed(before: str, after: str, parameters: str = "key, x") -> None:
    compile(function("f", after, parameters), "expected", "exec")
    source, plan = read(HEADER + function("f", before, parameters))
    assert plan.refusals == ()
    assert splice(source, plan.edits) == HEADER + function("f", after, parameters)


def check_refused(body: str, message: str, parameters: str = "key, x") -> None:
    _, plan = read(HEADER + function("f", body, parameters))
    assert {refusal.code for refusal in plan.refusals} == {"MN301"}
    assert message in " / ".join(refusal.message for refusal in plan.refusals)


LN_X = "model = LN(x.shape[-1], rngs=nnx.Rngs(key))"
BN_X = "model = BN(x.shape[-1], rngs=nnx.Rngs(key))"

TRANSFORMED = {
    "init and apply": (
        "model = LN()\nparams = model.init(key, x)\nreturn model.apply(params, x)",
        f"{LN_X}\nreturn model(x)",
    ),
    "params picked at once": (
        'model = LN()\nparams = model.init(key, x)["params"]\nreturn model.apply({"params": params}, x)',
        f"{LN_X}\nreturn model(x)",
    ),
    "fields after the sizes": (
        "model = LN(1e-3)\nparams = model.init(key, x)\nreturn model.apply(params, x)",
        "model = LN(x.shape[-1], 1e-3, rngs=nnx.Rngs(key))\nreturn model(x)",
    ),
    "name and parent dropped": (
        'model = LN(name="ln", eps=1e-3, parent=None)\nparams = model.init(key, x)\nreturn model.apply(params, x)',
        "model = LN(x.shape[-1], eps=1e-3, rngs=nnx.Rngs(key))\nreturn model(x)",
    ),
    "no sizes": (
        "model = Plain(features=4)\nparams = model.init(jax.random.PRNGKey(0), x)\nreturn model.apply(params, x)",
        "model = Plain(features=4, rngs=nnx.Rngs(0))\nreturn model(x)",
    ),
    "seed that may be an array": (
        "model = Plain(4)\nparams = model.init(jax.random.key(seed), x)\nreturn model.apply(params, x)",
        "model = Plain(4, rngs=nnx.Rngs(jax.random.key(seed)))\nreturn model(x)",
    ),
    "dict of keys": (
        'model = LN()\nparams = model.init({"params": key, "noise": jax.random.key(1)}, x)\n'
        "return model.apply(params, x)",
        "model = LN(x.shape[-1], rngs=nnx.Rngs(params=key, noise=1))\nreturn model(x)",
    ),
    "construction waits for what init needs": (
        "model = LN(eps=1e-3)\nkey = jax.random.key(0)\nx = jnp.ones((1, 8))\nparams = model.init(key, x)\n"
        "return model.apply(params, x)",
        "key = jax.random.key(0)\nx = jnp.ones((1, 8))\nmodel = LN(x.shape[-1], eps=1e-3, rngs=nnx.Rngs(key))\n"
        "return model(x)",
    ),
    "shape made on the spot": (
        "model = LN()\nparams = model.init(key, jnp.ones((1, 8)))\nreturn model.apply(params, x)",
        "model = LN(8, rngs=nnx.Rngs(key))\nreturn model(x)",
    ),
    "shape of random values": (
        "model = LN()\nparams = model.init(key, jax.random.normal(key, (4, n)))\nreturn model.apply(params, x)",
        "model = LN(n, rngs=nnx.Rngs(key))\nreturn model(x)",
    ),
    "init without a name for the module": (
        "variables = LN(eps=0.1).init(key, x)\nreturn LN(eps=0.1).apply(variables, x)",
        "model = LN(x.shape[-1], eps=0.1, rngs=nnx.Rngs(key))\nreturn model(x)",
    ),
    "init under jit": (
        "model = LN()\nparams = jax.jit(model.init)(key, x)\nreturn model.apply(params, x)",
        f"{LN_X}\nreturn model(x)",
    ),
    "init with output": (
        "model = LN()\ny, params = model.init_with_output(key, x)\nreturn y + model.apply(params, x)",
        f"{LN_X}\ny = model(x)\nreturn y + model(x)",
    ),
    "method by name": (
        'model = LN()\nparams = model.init(key, x)\nreturn model.apply(params, x, method="encode")',
        f"{LN_X}\nreturn model.encode(x)",
    ),
    "method by attribute": (
        "model = LN()\nparams = model.init(key, x)\n"
        "return model.apply(params, x, method=LN.encode) + model.apply(params, x, method=model.encode)",
        f"{LN_X}\nreturn model.encode(x) + model.encode(x)",
    ),
    "updates discarded and state not used again": (
        'model = BN()\nv = model.init(key, x, True)\ny, _ = model.apply(v, x, True, mutable=["batch_stats"])\nreturn y',
        f"{BN_X}\ny = model(x, True)\nreturn y",
    ),
    "updates discarded by index": (
        'model = BN()\nv = model.init(key, x, True)\nreturn model.apply(v, x, True, mutable="batch_stats")[0]',
        f"{BN_X}\nreturn model(x, True)",
    ),
    "updates merged": (
        'model = BN()\nv = model.init(key, x, True)\nparams = v["params"]\n'
        'y, state = model.apply(v, x, True, mutable=["batch_stats"])\nv = {"params": params, **state}\n'
        "return y, model.apply(v, x, False)",
        f"{BN_X}\ny = model(x, True)\nreturn y, model(x, False)",
    ),
    "updates put into the variables": (
        "model = BN()\nv = flax.core.unfreeze(model.init(key, x, True))\n"
        'y, state = model.apply(v, x, True, mutable=["batch_stats"])\nv["batch_stats"] = state["batch_stats"]\n'
        "return y, model.apply(v, x, False)",
        f"{BN_X}\ny = model(x, True)\nreturn y, model(x, False)",
    ),
    "updates merged by star": (
        'model = BN()\nv = model.init(key, x, True)\ny, state = model.apply(v, x, True, mutable=["batch_stats"])\n'
        "return y, model.apply({**v, **state}, x, False)",
        f"{BN_X}\ny = model(x, True)\nreturn y, model(x, False)",
    ),
    "reads of variables": (
        'model = BN()\nv = model.init(key, x, True)\nstats = v["batch_stats"]\n'
        'y, new = model.apply(v, x, True, mutable=["batch_stats"])\n'
        'return v["params"]["gamma"].sum(), new["batch_stats"]["mean"]',
        f"{BN_X}\ny = model(x, True)\nreturn model.gamma[...].sum(), model.mean[...]",
    ),
    "renamed variable": (
        'model = Plain(3)\nparams = model.init(key, x)["params"]\nreturn params["step"]',
        "model = Plain(3, rngs=nnx.Rngs(key))\nreturn model.step_[...]",
    ),
    "read inside of the arguments of apply": (
        'model = LN()\nv = model.init(key, x)\nreturn model.apply(v, x * v["params"]["gamma"])',
        f"{LN_X}\nreturn model(x * model.gamma[...])",
    ),
    "apply in a comprehension": (
        "model = LN()\nv = model.init(key, x)\nreturn [model.apply(v, each) for each in (x, x + 1)]",
        f"{LN_X}\nreturn [model(each) for each in (x, x + 1)]",
    ),
    "branches that agree": (
        'model = BN()\nv = model.init(key, x, True)\nif x.ndim > 1:\n    y, u = model.apply(v, x, True, '
        'mutable=["batch_stats"])\nelse:\n    y = model.apply(v, x, False)\nreturn y',
        f"{BN_X}\nif x.ndim > 1:\n    y = model(x, True)\nelse:\n    y = model(x, False)\nreturn y",
    ),
    "two modules, one after the other": (
        "first = Plain(4)\na = first.init(key, x)\nh = first.apply(a, x)\nsecond = LN()\nb = second.init(key, h)\n"
        "return second.apply(b, h)",
        "first = Plain(4, rngs=nnx.Rngs(key))\nh = first(x)\nsecond = LN(h.shape[-1], rngs=nnx.Rngs(key))\n"
        "return second(h)",
    ),
    "harmless mentions": (
        "y: LN\nassert not isinstance(x, (LN, BN))\nreturn LN.__name__",
        "y: LN\nassert not isinstance(x, (LN, BN))\nreturn LN.__name__",
    ),
}  # fmt: skip

BN_INIT = "model = BN()\nv = model.init(key, x, True)\n"
LN_INIT = "model = LN()\nv = model.init(key, x)\n"
UPDATE = 'y, u = model.apply(v, x, True, mutable=["batch_stats"])\n'

REFUSED = {
    "variables from outside": ("model = LN()\nreturn model.apply(x, x)", "`x` does not come from an `init`"),
    "constructed and handed on": ("return make_state(LN())", "a new `LN` is passed to `make_state`"),
    "class handed on": ("return partial(LN, eps=1)", "`LN` is passed to `partial`"),
    "class returned": ("return LN", "`LN` is returned"),
    "class in a table": ('return {"ln": LN}', "`LN` is put into a dict"),
    "module returned": ("model = LN()\nreturn model", "`model` is returned"),
    "module stored": ("self.model = LN()", "is stored in `self.model`"),
    "module handed on": (LN_INIT + "return train(model, v)", "`model` is passed to `train`"),
    "never initialised": ("model = LN()\nreturn x", "not initialised in the same function"),
    "initialised twice": (LN_INIT + "w = model.init(key, x)\nreturn model.apply(w, x)", "a second time"),
    "initialised in a loop": (
        "model = LN()\nfor k in key:\n    v = model.init(k, x)\n    y = model.apply(v, x)\nreturn y", "may hold",
    ),
    "parameters optimised": (
        'model = LN()\nparams = model.init(key, x)["params"]\nstate = tx.init(params)\nreturn state',
        "`params` is passed to `tx.init`",
    ),
    "parameters returned": (LN_INIT + "return v", "`v` is returned"),
    "parameters mapped": (LN_INIT + "w = jax.tree.map(jnp.zeros_like, v)\nreturn w", "passed to `jax.tree.map`"),
    "parameters replaced": (LN_INIT + "v = load()\nreturn model.apply(v, x)", "`v` does not come from an `init`"),
    "parameters perhaps replaced": (
        LN_INIT + "if x.any():\n    v = load()\nreturn model.apply(v, x)", "`v` may hold something else",
    ),
    "one parameter changed": (LN_INIT + 'v["params"]["gamma"] = x\nreturn model.apply(v, x)', "is not a read"),
    "changed in place": (LN_INIT + "v |= load()\nreturn model.apply(v, x)", "`v` is changed in place"),
    "older statistics used again": (BN_INIT + UPDATE + "return model.apply(v, x, False)", "is older than"),
    "older statistics read": (BN_INIT + UPDATE + 'return v["batch_stats"]["mean"]', "is older than"),
    "statistics not carried forward in a loop": (
        BN_INIT + 'for b in x:\n    y, u = model.apply(v, b, True, mutable=["batch_stats"])\nreturn y', "is older than",
    ),
    "statistics carried forward on one path": (
        BN_INIT + UPDATE + "w = {**v}\nif x.any():\n    w = {**v, **u}\nreturn model.apply(w, x, False)", "is older than",
    ),
    "statistics not passed": (
        BN_INIT + 'p = v["params"]\nreturn model.apply({"params": p}, x, True, mutable=["batch_stats"])[0]',
        "without `batch_stats`",
    ),
    "collection under another name": (
        BN_INIT + 'p = v["params"]\nreturn model.apply({"batch_stats": p}, x, True)', "is put into a dict",
    ),
    "collection without its dict": (LN_INIT + 'p = v["params"]\nreturn model.apply(p, x)', "a dict of them is due"),
    "updates returned": (BN_INIT + 'return model.apply(v, x, True, mutable=["batch_stats"])', "not unpacked"),
    "updates in a comprehension": (
        BN_INIT + 'return [model.apply(v, b, True, mutable=["batch_stats"])[0] for b in x]', "not unpacked",
    ),
    "mutable by a variable": (BN_INIT + "y, u = model.apply(v, x, True, mutable=cols)\nreturn y", "mutable=cols"),
    "intermediates collected": (
        LN_INIT + 'y, u = model.apply(v, x, mutable=["intermediates"])\nreturn u', "mutable=",
    ),
    "random keys for apply": (LN_INIT + 'return model.apply(v, x, rngs={"dropout": key})', "`rngs=` has no"),
    "keywords that may hold mutable": (LN_INIT + "return model.apply(v, x, **kw)", "`**` in the call"),
    "method that is computed": (LN_INIT + "return model.apply(v, x, method=pick())", "`method=` is not the name"),
    "method that the class does not have": (LN_INIT + 'return model.apply(v, x, method="nope")', "no public method"),
    "bound": (LN_INIT + "return model.bind(v)(x)", "`model` is asked for `.bind`"),
    "apply handed to jit": (LN_INIT + "return jax.jit(model.apply)(v, x)", "`model` is asked for `.apply`"),
    "closure": (LN_INIT + "def g(y):\n    return model.apply(v, y)\nreturn g(x)", "is used in `g`"),
    "lambda": (LN_INIT + "return jax.vmap(lambda y: model.apply(v, y))(x)", "in a lambda"),
    "generator": (LN_INIT + "return (model.apply(v, y) for y in x)", "in a generator"),
    "f-string": (LN_INIT + "return f\"{v['params']['gamma']}\"", "inside of an f-string"),
    "try": (LN_INIT + "try:\n    y = model.apply(v, x)\nfinally:\n    pass\nreturn y", "inside of `try`"),
    "errors swallowed": (LN_INIT + "with suppress(E):\n    return model.apply(v, x)", "inside of `with`"),
    "variables of another module": (
        LN_INIT + "other = LN(1.0)\nw = other.init(key, x)\nreturn other.apply(v, x) + model.apply(w, x)",
        "variables of another module",
    ),
    "constructed again, differently": (
        "v = LN(eps=1.0).init(key, x)\nreturn LN(eps=2.0).apply(v, x)", "constructed again",
    ),
    "module name bound again": (
        LN_INIT + "model = load()\nreturn v['params']['gamma']", "no longer holds the module",
    ),
    "size known only inside": (
        "model = Inner()\nv = model.init(key, x)\nreturn model.apply(v, x)", "known only inside",
    ),
    "size of a computed argument": (
        "model = LN()\nv = model.init(key, x.astype(int))\nreturn model.apply(v, x)", "would no longer be made",
    ),
    "argument of init with an effect": (
        "model = Plain(4)\nv = model.init(key, next(batches))\nreturn model.apply(v, x)", "would no longer be made",
    ),
    "size of another method": (
        'model = LN()\nv = model.init(key, x, method="encode")\nreturn model.apply(v, x)', "init runs `encode`",
    ),
    "init is not told the size": ("model = LN()\nv = model.init(key)\nreturn model.apply(v, x)", "is not given `x`"),
    "field changes before init": (
        "model = LN(e)\ne = e + 1\nv = model.init(key, x)\nreturn model.apply(v, x)", "cannot be moved",
    ),
    "field is computed before init": (
        "model = LN(e())\ny = x + 1\nv = model.init(key, y)\nreturn model.apply(v, x)", "cannot be moved",
    ),
    "init result not named": ("model = LN()\nreturn model.apply(model.init(key, x), x)", "not given a name"),
    "init with output of a class with state": (
        "model = BN()\ny, v = model.init_with_output(key, x, True)\nreturn y", "class with state",
    ),
    "local class of the same name": ("for LN in layers:\n    y = LN()\nreturn y", "`LN` is also a variable"),
    "one of two modules": (
        "if x.any():\n    model = LN()\nelse:\n    model = Plain(4)\nv = model.init(key, x)\nreturn v", "may hold",
    ),
    "default of a parameter": ("def g(layer=LN):\n    return layer\nreturn g", "`LN` is the default of a parameter"),
    "after a return": ("return x\nmodel = LN()", "where the code is not followed"),
}  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED.values(), ids=TRANSFORMED)
def test_transformed(case: tuple[str, str]) -> None:
    check_transformed(*case)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused(case: tuple[str, str]) -> None:
    check_refused(*case)


def defined(text: str, name: str) -> str:
    tree = ast.parse(text)
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return str(ast.get_source_segment(text, found))


TUTORIAL = {
    "m.MyLayerNorm": Constructor("m.MyLayerNorm", ("eps",), (SIZE,), {"__call__": ("x",)}, {"params": {}}),
    "m.MyBatchNorm": Constructor(
        "m.MyBatchNorm",
        ("momentum", "eps"),
        (SIZE,),
        {"__call__": ("x", "use_running_average")},
        {
            "params": {"gamma": "gamma", "beta": "beta"},
            "batch_stats": {"running_mean": "running_mean", "running_var": "running_var"},
        },
    ),
}


@pytest.mark.parametrize(
    ("lesson", "name"),
    [
        ("tutorial_layer_norm", "layernorm_forward"),
        ("tutorial_batch_norm", "batchnorm_forward"),
        ("tutorial_batch_norm", "train"),
    ],
)
def test_lessons_become_what_a_person_wrote(lesson: str, name: str) -> None:
    folder = EXAMPLES / lesson
    source, plan = read((folder / "linen.py").read_text(), classes=TUTORIAL)
    assert plan.refusals == ()
    assert defined(splice(source, plan.edits), name) == defined((folder / "nnx.py").read_text(), name)
