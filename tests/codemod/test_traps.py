# ruff: noqa: E501
"""Traps seen in real code: each is handled, with the same results, or refused. The ids have the trap's number."""

import pytest

from .check import HEADER, Call, check_equivalent, check_refused, f32, load, migrate_project, refusals, texts

_X = f32(4, 6)
_HANDLED = {
    "trap-1-setup-runs-at-every-apply": (
        "    def setup(self):\n        self.C = self.param('C', nn.initializers.normal(), (6, 2))\n"
        "        self.C_tilde = self.C[..., 0] + 2 * self.C[..., 1]\n\n"
        "    def __call__(self, x):\n        return x * self.C_tilde\n"
    ),
    "trap-4-flag-and-param-of-one-name": (
        "    bias: bool = True\n    train: bool = False\n\n    @nn.compact\n    def __call__(self, x):\n"
        "        if self.bias:\n            x = x + self.param('bias', nn.initializers.ones, (6,))\n"
        "        return -x if self.train else x\n"
    ),
    "trap-5-names-that-are-no-identifiers": (
        "    @nn.compact\n    def __call__(self, x):\n        a = self.param('patch.proj', nn.initializers.ones, (6,))\n"
        "        return x * a + self.param('0', nn.initializers.ones, (6,))\n"
    ),
    "trap-9-list-in-setup": (
        "    def setup(self):\n"
        "        self.ws = [self.param(f'w_{i}', nn.initializers.ones, (6,)) for i in range(2)]\n\n"
        "    def __call__(self, x):\n        for w in self.ws:\n            x = x * w\n        return x\n"
    ),
    "trap-10-cache-made-on-first-use": (
        "    @nn.compact\n    def __call__(self, x):\n        ready = self.has_variable('cache', 'i')\n"
        "        i = self.variable('cache', 'i', lambda: jnp.zeros((), jnp.int32))\n"
        "        if ready:\n            i.value = i.value + 1\n        return x * i.value\n"
    ),
    "trap-11-initializing-is-not-has-variable": (
        "    @nn.compact\n    def __call__(self, x):\n"
        "        initializing = not self.has_variable('batch_stats', 'mean')\n"
        "        mean = self.variable('batch_stats', 'mean', jnp.zeros, (6,))\n"
        "        if not initializing:\n            mean.value = 0.9 * mean.value + 0.1 * x.mean(0)\n"
        "        return x - mean.value\n"
    ),
    "trap-15-array-attribute-of-setup": (
        "    def setup(self):\n        self.freq = jnp.arange(6.0)\n"
        "        self.w = self.param('w', nn.initializers.ones, (6,))\n\n"
        "    def __call__(self, x):\n        return x * self.w + self.freq\n"
    ),
}
_REFUSED = {
    "trap-4-field-called-rngs": ("MN208", "    rngs: int = 1\n\n    @nn.compact\n    def __call__(self, x):\n        return x\n"),
    "trap-6-params-depend-on-an-argument": (
        "MN203",
        ("    @nn.compact\n    def __call__(self, x, y=None):\n        if y is not None:\n"
        "            x = x + self.param('b', nn.initializers.ones, (6,))\n        return x\n"),
    ),
    "trap-11-mutable-collection": (
        "MN206",
        ("    @nn.compact\n    def __call__(self, x):\n        m = self.variable('batch_stats', 'm', jnp.zeros, (6,))\n"
        "        if self.is_mutable_collection('batch_stats'):\n            m.value = x.mean(0)\n        return x - m.value\n"),
    ),
    "trap-11-init-changes-the-value": (
        "MN202",
        ("    @nn.compact\n    def __call__(self, x):\n        m = self.variable('batch_stats', 'm', jnp.zeros, (6,))\n"
        "        if self.is_initializing():\n            m.value = x.mean(0)\n        return x - m.value\n"),
    ),
    "trap-13-scope": ("MN103", "    def __call__(self, x):\n        return self.scope.root.get_variable('params', 'w') * x\n"),
    "trap-13-variables": ("MN103", "    def __call__(self, x):\n        return x * self.variables['params']['w']\n"),
    "trap-13-share-scope": ("MN102", "    def setup(self):\n        nn.share_scope(self, self)\n"),
    "trap-14-variable-of-the-data": (
        "MN202",
        "    @nn.compact\n    def __call__(self, x):\n        return x / self.variable('quantizer', 's', jnp.std, x).value\n",
    ),
    "trap-14-variable-handed-on": (
        "MN205",
        ("    @nn.compact\n    def __call__(self, x):\n        v = self.variable('stats', 'v', jnp.zeros, (6,))\n"
        "        self.update(v, x)\n        return x - v.value\n\n"
        "    def update(self, v, x):\n        v.value = x.mean(0)\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", _HANDLED.values(), ids=_HANDLED)
def test_trap_is_handled(body: str) -> None:
    check_equivalent(HEADER + "class L(nn.Module):\n" + body, Call("L", inputs=(_X,)))


@pytest.mark.parametrize(("code", "body"), _REFUSED.values(), ids=_REFUSED)
def test_trap_is_refused(code: str, body: str) -> None:
    check_refused(HEADER + "class L(nn.Module):\n" + body, code)


def test_two_files_share_a_collection() -> None:
    layer = (
        "class {}(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
        "        v = self.variable('stats', 'v', jnp.ones, (3,))\n        return x * v.value\n"
    )
    result = migrate_project({"a.py": HEADER + layer.format("A"), "b.py": HEADER + layer.format("B")})
    assert not any(refusals(f) for f in result.files)
    after = texts(result)
    first = load(after["a.py"], "a")
    assert first.A is not None
    exec(compile(after["b.py"], "b.py", "exec"), {"__name__": "b"})
