# ruff: noqa: E501
"""Functions and methods of several statements that make modules, read where a compact method calls them."""

import pytest

from .check import Call, changed, check_equivalent, f32, listed, migrate, refusals, with_header

_FUNCTIONS = """\
def double_conv(inputs, features, train, kernel=(3, 3), act=nn.relu):
    \"\"\"Two convolutions.\"\"\"
    h = nn.Conv(features, kernel)(inputs)
    h = nn.BatchNorm(use_running_average=not train)(h)
    h = act(h)
    h = nn.Conv(features, kernel)(h)
    return act(h)


def down(x, features):
    skip = nn.Conv(features, (3, 3))(x)
    x = nn.max_pool(skip, (2, 2), strides=(2, 2))
    return x, skip


def residual(x, features):
    y = nn.Dense(features)(x)
    y = nn.relu(y)
    y += nn.Dense(features)(y)
    return x + y * 0.5


"""
_NET = """\
class UNet(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x, train: bool = False):
        c1 = double_conv(x, self.width, train)
        p1 = nn.max_pool(c1, (2, 2), strides=(2, 2))
        # the middle
        c2 = double_conv(p1, self.width * 2, train=train, kernel=(1, 1))
        p2, skip = down(c2, 5)
        h = nn.ConvTranspose(self.width, (2, 2), strides=(2, 2))(p2)
        h = jnp.concatenate([h, skip, c2], axis=-1)
        h = residual(
            h,
            h.shape[-1],
        )
        for f in (3, 4):
            h = double_conv(h, f, train)
        h = h.mean((1, 2))
        return residual(nn.relu(h), 4)
"""
_CALLED = """\
    def __call__(self, x, train: bool = False):
        c1 = self.conv_0(x)
        c1 = self.batch_norm_0(c1, use_running_average=not train)
        c1 = nnx.relu(c1)
        c1 = self.conv_1(c1)
        c1 = nnx.relu(c1)
        p1 = nnx.max_pool(c1, (2, 2), strides=(2, 2))
        # the middle
        c2 = self.conv_2(p1)
        c2 = self.batch_norm_1(c2, use_running_average=not train)
        c2 = nnx.relu(c2)
        c2 = self.conv_3(c2)
        c2 = nnx.relu(c2)
        skip = self.conv_4(c2)
        p2 = nnx.max_pool(skip, (2, 2), strides=(2, 2))
        h = self.conv_transpose_0(p2)
        h = jnp.concatenate([h, skip, c2], axis=-1)
        y = self.dense_0(h)
        y = nnx.relu(y)
        y += self.dense_1(y)
        h = h + y * 0.5
        for conv_5, batch_norm, conv_6 in zip(
            self.conv_5, self.batch_norm, self.conv_6
        ):
            h = conv_5(h)
            h = batch_norm(h, use_running_average=not train)
            h = nnx.relu(h)
            h = conv_6(h)
            h = nnx.relu(h)
        h = h.mean((1, 2))
        x_1 = nnx.relu(h)
        y = self.dense_2(x_1)
        y = nnx.relu(y)
        y += self.dense_3(y)
        return x_1 + y * 0.5
"""
_X = f32(2, 8, 8, 3)


def _as_methods() -> str:
    """The functions as methods of the class, in front of the one that calls them."""
    body = "".join(f"    {line}\n" if line else "\n" for line in _FUNCTIONS.rstrip().splitlines())
    names = ("double_conv", "down", "residual")
    for name in names:
        body = body.replace(f"def {name}(", f"def {name}(self, ")
    net = _NET
    for name in names:
        net = net.replace(f"{name}(", f"self.{name}(")
    return net.replace("    @nn.compact", f"{body}\n    @nn.compact").replace("\n\n\n", "\n\n")


@pytest.mark.parametrize("before", [_FUNCTIONS + _NET, _as_methods()], ids=["functions", "methods"])
def test_what_is_written(before: str) -> None:
    text, file, _ = migrate(with_header(before))
    assert not refusals(file), listed(file)
    assert text.endswith(_CALLED)
    assert "def double_conv" not in text
    assert "\n\n\n    def" not in text


@pytest.mark.parametrize("before", [_FUNCTIONS + _NET, _as_methods()], ids=["functions", "methods"])
def test_computes_the_same(before: str) -> None:
    calls = [Call("UNet", (3,), {"width": 2}, (_X,), {"train": train}) for train in (True, False)]
    check_equivalent(with_header(before), *calls)


def test_a_function_that_others_call_stays() -> None:
    other = "\n\nclass Old(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return [down(x, 3) for _ in range(1)][0]\n"
    text, file, _ = migrate(with_header(_FUNCTIONS + _NET + other))
    assert {d.subject for d in refusals(file)} == {"Old"}
    assert "def down(x, features):" in text
    assert "def residual" not in text


def _changed(*changes: tuple[str, str]) -> str:
    return with_header(changed(_FUNCTIONS + _NET, *changes))


@pytest.mark.parametrize(
    "before",
    [
        _changed(("def down", "@jax.jit\ndef down")),
        _changed(("h = double_conv(h, f, train)", "h = double_conv(*(h, f), train)")),
        _changed(("h = double_conv(h, f, train)", "h = double_conv(h, f, train)  # of\n            g = double_conv")),
        _changed(("            h,\n", "            h,  # the sum\n")),
        _changed(("p2, skip = down(c2, 5)", "down = down\n        p2, skip = down(c2, 5)")),
        _changed(("act=nn.relu", "act=RELU"), ("def down", "RELU = nn.relu\n\n\ndef down")),
        _changed(("def __call__(self, x, train: bool = False):", "def __call__(self, x, train: bool = False):\n        nn = x")),
        _changed(("def residual(x, features):", "def residual(x, features, *, scale=1):")),
    ],
    ids=["decorated", "unpacked", "handed-on", "a-comment", "bound-again", "a-default", "hidden", "by-name-alone"],
)  # fmt: skip
def test_what_is_not_read(before: str) -> None:
    found = refusals(migrate(before)[1])
    assert {d.code for d in found} & {"MN101", "MN102", "MN108"}, found


_METHOD = """\
class Net(nn.Module):
    def block(self, x, features):
        x = nn.Dense(features)(x)
        return nn.relu(x)

    @nn.compact
    def __call__(self, x):
        x = self.block(x, 4)
        return self.block(x, 3)
"""


@pytest.mark.parametrize(
    "more",
    [
        "\n\nclass Wide(Net):\n    def block(self, x, features):\n        return nn.Dense(2 * features)(x)\n",
        "\n\ndef run(net, variables, x):\n    return net.apply(variables, x, 3, method=net.block)\n",
        "\n\ndef run(net, variables, x):\n    return net.apply(variables, x, 3, method='block')\n",
        "\n\n    def other(self, x):\n        return self.block(x, 2)\n",
    ],
    ids=["overridden", "run", "run-by-name", "called-elsewhere"],
)
def test_a_method_that_others_may_call_stays(more: str) -> None:
    text, file, _ = migrate(with_header(_METHOD + more))
    assert "Net" in {d.subject for d in refusals(file)}
    assert "class Net(nn.Module)" in text


def test_names_that_the_caller_has() -> None:
    """A local of the function is another one than that of the caller, and arguments are read before they are hidden."""
    before = with_header(
        "def mix(a, b, n):\n    h = nn.Dense(n)(a)\n    b = h * b\n    h = nn.Dense(n)(b)\n    return h + b + a\n\n\n"
        "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x, h):\n"
        "        b = mix(h, x, 5)\n        h = mix(b + 1, h, 5)\n        x = mix(x, x - h, 5)\n        return x, h, b\n"
    )
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "def mix" not in text
    check_equivalent(before, Call("Net", (5, 5), {}, (f32(2, 5), f32(2, 5))))


_NESTED = """\
def conv_bn(x, f, train, stride=1):
    x = nn.Conv(f, (3, 3), strides=(stride, stride), use_bias=False)(x)
    x = nn.BatchNorm(use_running_average=not train)(x)
    return nn.relu(x)


def double_conv(x, f, train):
    x = conv_bn(x, f, train)
    return conv_bn(x, f, train)


def encoder(x, f, train):
    c = double_conv(x, f, train)
    a, b = jnp.split(c, 2, axis=-1)
    return jnp.concatenate([b, a], axis=-1), nn.max_pool(c, (2, 2), strides=(2, 2))


def decoder(x, skip, f, train):
    x = nn.ConvTranspose(f, (2, 2), strides=(2, 2))(x)
    x = jnp.concatenate([x, skip], axis=-1)
    x = double_conv(x, f, train)
    return x


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        c, p = encoder(x, 4, train)
        b = double_conv(p, 6, train)
        return nn.Conv(2, (1, 1))(decoder_of)
"""


def test_functions_that_call_each_other() -> None:
    before = with_header(
        _NESTED.replace(
            "        return nn.Conv(2, (1, 1))(decoder_of)",
            "        d = decoder(b, c, 4, train)\n        return nn.Conv(2, (1, 1))(d)",
        )
    )
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "\ndef " not in text
    assert "c_1 = nnx.relu(c_1)\n        a, b_1 = jnp.split(c_1, 2, axis=-1)\n" in text
    check_equivalent(before, *[Call("Net", (3,), {}, (_X,), {"train": train}) for train in (True, False)])


def test_a_function_that_calls_itself_stays() -> None:
    before = _NESTED.replace("return conv_bn(x, f, train)", "return double_conv(x, f, train)").replace(
        "decoder_of", "b"
    )
    assert {d.code for d in refusals(migrate(with_header(before))[1])} & {"MN101", "MN108"}


_GLOBALS = """\
y = 3.0
IDS = jnp.array([0, 1])


def scale(x):
    return x * y


def residual(x, n):
    y = nn.Dense(n)(x)
    y = scale(nn.relu(y))
    return x + y


def widen(x, n):
    x = nn.Embed(5, n)(x)
    x = nn.relu(x)
    return x


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = residual(x, 5)
        self.sow("intermediates", "x", x * y)
        return widen(IDS, 4)
"""


def test_names_of_the_file_keep_their_meaning() -> None:
    before = with_header(_GLOBALS)
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "        y_1 = self.dense_0(x)\n        y_1 = scale(nnx.relu(y_1))\n        x = x + y_1\n" in text
    assert "        x_1 = self.embed_0(IDS)\n" in text
    check_equivalent(before, Call("Net", (5,), {}, (f32(2, 5),)))


def test_lines_that_tabs_indent() -> None:
    before = with_header(_FUNCTIONS + _NET).replace("    ", "\t")
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    compile(text, "tabs.py", "exec")
    assert "\t\tc1 = self.conv_0(x)\n\t\tc1 = self.batch_norm_0(c1, use_running_average=not train)\n" in text


def test_a_target_that_is_no_name() -> None:
    before = with_header(_FUNCTIONS + _NET).replace(
        "p2, skip = down(c2, 5)", "both = [0]\n        p2, both[0] = down(c2, 5)"
    )
    assert {d.code for d in refusals(migrate(before)[1])} & {"MN101", "MN108"}


def test_functions_that_do_nothing() -> None:
    more = 'def nothing(x):\n    """Does nothing."""\n\n\ndef same(x):\n    return x\n\n\n'
    assert not refusals(migrate(with_header(more + _FUNCTIONS + _NET))[1])


def test_a_result_that_is_taken_apart() -> None:
    """`y, = f(x)` takes the first axis of what the function has bound to `y`; names of Python keep their meaning too."""
    before = with_header(
        "def widen(x, n):\n    sum = nn.Dense(n)(x)\n    sum = nn.relu(sum)\n    return sum\n\n\n"
        "def total(xs, n):\n    h = nn.Dense(n)(xs[0])\n    h = sum([h, xs[1]])\n    return h\n\n\n"
        "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        (y,) = widen(x, 5)\n"
        "        z = widen(x, 5)\n        w = total((z, z), 5)\n        return y, nn.tanh(w)\n"
    )
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "        (y,) = y\n" in text
    check_equivalent(before, Call("Net", (5,), {}, (f32(1, 5),)))


_ASKED = """\
def block(x, features, train, norm=True, act=nn.relu, pool=None, dropout=0.0, kernel=3, stop=False):
    x = nn.Conv(features, (kernel, kernel))(x)
    if norm:
        x = nn.BatchNorm(use_running_average=not train)(x)
    x = act(x) if act is not None else x
    if dropout > 0.0:
        x = nn.Dropout(dropout)(x, deterministic=not train)
    if stop:
        return x
    elif kernel == 1 or not norm:
        y = nn.Dense(5)(x)
    else:
        y = nn.Dense(features)(x)
    if pool is not None:
        y = pool(y, (2, 2), strides=(2, 2))
    return y


"""
_ASKING = """\
class Net(nn.Module):
    rate: float = 0.1
    normed: bool = True

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = block(x, 4, train, self.normed, pool=nn.max_pool, stop=True)
        x = block(x, 5, train, norm=self.normed if self.rate else False, act=None, dropout=self.rate, stop=True)
        x = block(x, 6, train, dropout=self.rate, pool=nn.max_pool)
        x = block(x, 7, train, norm=False, kernel=1)
        return self.head(x, wide=True) + self.shift(x)

    def head(self, x, wide=False):
        if wide:
            x = nn.Dense(8)(x)
        x = nn.Dense(9)(x)
        return x

    def shift(self, x):
        return x[..., :1]
"""


@pytest.mark.parametrize(
    "fields", [{}, {"rate": 0.0}, {"normed": False}, {"rate": 0.0, "normed": False}], ids=str
)
def test_asked(fields: dict[str, object]) -> None:
    """Arguments decide a condition where they are literals, else an expression stands for both sides."""
    text = with_header(_ASKED + _ASKING)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    gone = ("def block", "def head", "if True", "is not None")
    assert not [piece for piece in gone if piece in after]
    check_equivalent(text, Call("Net", (3,), fields, (f32(2, 8, 8, 3),)))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (
            "    if norm:\n",
            "    norm = features > 3\n    if norm:\n",
        ),  # bound again, and a module behind a local
        ("    if stop:\n", "    if stop or features > 100 * dropout:\n"),  # a return that a field decides
        ("        y = pool(", "        x = 2\n        y = pool("),
    ],
)
def test_not_decided(was: str, now: str) -> None:
    assert was in _ASKED
    asking = _ASKING.replace("pool=nn.max_pool, stop=True", "pool=self.rate")
    after, file, _ = migrate(with_header(_ASKED.replace(was, now, 1) + asking))
    assert refusals(file), after
    assert file.before == file.after


_WITHIN = """\
def block(x, features):
    x = nn.Dense(features)(x)
    return nn.relu(x) + 1


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, skip):
        y = block(x, 8).mean(-1, keepdims=True)
        z = jnp.concatenate([x, block(y, 4)], axis=-1)
        x = x + block(z, features=x.shape[-1]) * 2
        h = jnp.stack(
            [skip, block(x, 4)[..., :4]],
            axis=-1,
        )
        a = -block(x, 5)
        return self.head(x)[..., :1] + self.shift(x) + a.sum() + h.sum()

    def head(self, x):
        x = nn.Dense(8)(x)
        return x if x.ndim == 2 else nn.relu(x)

    def shift(self, x):
        return x[..., :1]
"""
_WITHIN_CALL = """\
    def __call__(self, x, skip):
        x_1 = self.dense_0(x)
        y = (nnx.relu(x_1) + 1).mean(-1, keepdims=True)
        x_1 = self.dense_1(y)
        z = jnp.concatenate([x, nnx.relu(x_1) + 1], axis=-1)
        x_1 = self.dense_2(z)
        x = x + (nnx.relu(x_1) + 1) * 2
        x_1 = self.dense_3(x)
        h = jnp.stack([skip, (nnx.relu(x_1) + 1)[..., :4]], axis=-1)
        x_1 = self.dense_4(x)
        a = -(nnx.relu(x_1) + 1)
        x_1 = self.dense_5(x)
        return (x_1 if x_1.ndim == 2 else nnx.relu(x_1))[..., :1] + self.shift(x) + a.sum() + h.sum()
"""


def test_within_an_expression() -> None:
    text = with_header(_WITHIN)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert _WITHIN_CALL in after
    check_equivalent(text, Call("Net", (3,), {}, (f32(2, 3), f32(2, 4))))


@pytest.mark.parametrize(
    "now",
    [
        "a = x if skip is None else block(x, 5)",
        "a = (lambda: block(x, 5))()",
        "a = [block(x, 5) for _ in range(2)][0]",
        "a = print(x) or block(x, 5)",
    ],
)
def test_what_may_come_first(now: str) -> None:
    after, file, _ = migrate(with_header(_WITHIN.replace("a = -block(x, 5)", now)))
    assert refusals(file), after
    assert file.before == file.after


_RESNETS = """\
class Block(nn.Module):
    filters: int
    strides: int = 1

    @nn.compact
    def __call__(self, x):
        y = nn.Conv(self.filters, (3, 3), (self.strides, self.strides))(x)
        y = nn.relu(y)
        y = nn.Conv(self.filters, (3, 3))(y)
        if x.shape != y.shape:
            x = nn.Conv(self.filters, (1, 1), (self.strides, self.strides))(x)
        return nn.relu(x + y)


def stage(x, filters, count, strides=1, wide=False):
    for i in range(count):
        x = Block(filters, strides if i == 0 else 1)(x)
        if wide:
            x = nn.Dense(filters)(x)
    return x


class Called(nn.Module):
    stages: tuple[int, ...]
    wide: bool = True

    @nn.compact
    def __call__(self, x):
        # the stages
        x = self._stage(x, 4, self.stages[0], wide=self.wide)
        for i in range(2):
            x = self._stage(
                x,
                5 + i,
                self.stages[1],
                2,
            )  # smaller
        return nn.Dense(3)(x.mean((1, 2)))

    def _stage(self, x, filters, count, strides=1, wide=False):
        for i in range(count):
            x = Block(filters, strides if i == 0 else 1)(x)
            if wide:
                x = nn.Dense(filters)(x)
        return x


class Held(nn.Module):
    stages: tuple[int, ...]
    wide: bool = True

    def setup(self):
        self.first = self._stage(4, self.stages[0], 1)
        self.second = self._stage(5, self.stages[1], 2)
        self.head = nn.Dense(3)

    def _stage(self, filters, count, strides):
        blocks = [Block(filters, strides)]
        for _ in range(1, count):
            blocks.append(Block(filters))
        return blocks

    def __call__(self, x):
        for block in self.first:
            x = block(x)
        for block in self.second:
            x = block(x)
        return self.head(x.mean((1, 2)))
"""
_HELD = """\
        self.first = nnx.List([Block(in_features, 4, 1, rngs=rngs)])
        for _ in range(1, stages[0]):
            self.first.append(Block(4, 4, rngs=rngs))
        self.second = nnx.List([Block(4, 5, 2, rngs=rngs)])
        for _ in range(1, stages[1]):
            self.second.append(Block(5, 5, rngs=rngs))
        self.head = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, x):
        for block in self.first:
"""


def _resnets() -> str:
    return with_header(
        _RESNETS.replace(_RESNETS[_RESNETS.index("def stage") : _RESNETS.index("class Called")], "")
    )


@pytest.mark.parametrize("name", ["Called", "Held"])
@pytest.mark.parametrize("fields", [{"stages": (2, 3)}, {"stages": (1, 2), "wide": False}], ids=str)
def test_loops(name: str, fields: dict[str, object]) -> None:
    """A stage of a ResNet, as a method that makes and calls blocks, or that gives setup a list of them."""
    text = _resnets()
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert _HELD in after
    assert "def _stage" not in after
    assert "nnx.Module):\n\n" not in after
    check_equivalent(text, Call(name, (3,), fields, (f32(2, 8, 8, 3),)))


def _of_functions() -> str:
    """The same by functions of the file, one of which calls the other."""
    text = _RESNETS
    for head in ("    def _stage(self, x, filters", "    def _stage(self, filters"):
        start = text.index(head)
        end = min(i for i in (text.find("\n\n", start), len(text)) if i > 0)
        text = text[:start].rstrip() + "\n" + text[end:]
    blocks = """\
def blocks(filters, count, strides):
    found = [Block(filters, strides)]
    for _ in range(1, count):
        found.append(Block(filters))
    return found


def stages(x, filters, count):
    x = stage(x, filters, count, 2)
    return nn.relu(x)


"""
    text = text.replace("class Called", blocks + "class Called").replace(
        "self._stage(4, self.stages[0], wide", "stage(4"
    )
    text = text.replace("x = self._stage(\n                x,", "x = stages(\n                x,").replace(
        "                2,\n", ""
    )
    text = text.replace("self._stage(x, ", "stage(x, ").replace("self._stage(", "blocks(")
    return with_header(text)


@pytest.mark.parametrize("name", ["Called", "Held"])
def test_functions_that_make_classes_of_the_project(name: str) -> None:
    text = _of_functions()
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert not [each for each in ("def stage", "def blocks", "def stages") if each in after]
    check_equivalent(text, Call(name, (3,), {"stages": (2, 3)}, (f32(2, 8, 8, 3),)))


def test_functions_that_others_call_too() -> None:
    """One that makes a class of the project, and has to stay, keeps that class Linen."""
    other = "\n\nclass Old(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return [stage(x, 3, 2) for _ in range(1)][0]\n"
    _, file, _ = migrate(_of_functions() + other)
    assert {d.subject for d in refusals(file)} >= {"Old", "Called", "Block"}
    assert file.before == file.after


def test_lines_of_messages() -> None:
    """What is said of a class behind one that is read with more lines is said of the lines of the file."""
    local = "\n\nclass Local(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.ConvLocal(4, 3)(x)\n"
    text = _resnets() + local
    _, file, _ = migrate(text)
    lines = text.splitlines()
    (found,) = refusals(file)
    assert "nn.ConvLocal" in lines[found.line - 1]
    places = {(s.line, s.column, s.name.rpartition(".")[2]) for s in file.symbols}
    assert all(
        lines[line - 1][column - 1 :].startswith("nn.")
        for line, column, name in places
        if name == "ConvLocal"
    )
    assert {line for line, _, name in places if name == "Module"} == {
        n for n, row in enumerate(lines, 1) if "(nn.Module)" in row
    }


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (
            "        for i in range(count):\n",
            "        for i in range(count):\n            if i > 2:\n                break\n",
        ),
        (
            "        for i in range(count):\n",
            "        for i in range(count):\n            if i > 2:\n                return x\n",
        ),
        ("        return x\n\n\nclass Held", "        x.append(3)\n        return x\n\n\nclass Held"),
        ("        return x\n\n\nclass Held", "        print(x)\n        return x\n\n\nclass Held"),
        ("            if wide:\n", "            if wide and (y := x) is not None:\n"),
    ],
    ids=["break", "return", "an-argument", "whatever", "walrus"],
)
def test_loops_that_are_not_read(was: str, now: str) -> None:
    text = _resnets()
    assert was in text
    after, file, _ = migrate(text.replace(was, now, 1))
    assert {d.subject for d in refusals(file)} >= {"Called"}, after
    assert "class Called(nn.Module)" in after


_ORDERED = """\
def mixed(x, a=None, b=1):
    y = nn.Dense(4)(x)
    return y + a * b


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = mixed(nn.tanh(nn.Dense(4)(x)), b=nn.tanh(nn.Dense(4)(x)), a=nn.Dense(4)(x))
        return x
"""


def test_arguments_are_worked_out_in_the_order_of_the_call() -> None:
    """Modules in them are numbered by that: of equal sizes, nothing else would tell them apart."""
    check_equivalent(with_header(_ORDERED), Call("Net", (4,), {}, (f32(2, 4),)))


_NAMES = """\
SCALE = 2.0

def g(x, w):
    ys = [x * (i + 1) + w for i in range(3)]
    x = nn.Dense(2)(x + ys[0] + ys[1] * ys[2])
    return x * SCALE

def grow(x, n, act=nn.relu, last=True):
    out = []
    h = x
    for i in range(n):
        h = nn.Dense(3)(x)
        if i < n - 1 or last:
            h = act(h)
        out.append(h)
        x = h
    return h * 2, x

class Net(nn.Module):
    flag: bool = True
    @nn.compact
    def __call__(self, x):
        i = 5
        x = g(x, i)
        ys = x + i
        y = g(ys, w=ys)
        act = nn.tanh
        h, out = grow(y, 2, act, last=self.flag)
        z, x = grow(x=h, n=1, last=False)
        if self.flag:
            x = g(x, 1)
        else:
            x = g(x, 2)
        return x + out.sum() + z.sum()
"""


@pytest.mark.parametrize("flag", [True, False])
def test_names_of_loops_and_comprehensions(flag: bool) -> None:
    text = with_header(_NAMES)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "def g" not in after
    check_equivalent(text, Call("Net", (3,), {"flag": flag}, (f32(2, 3),)))


def test_a_method_of_one_expression() -> None:
    text = with_header(
        "class Net(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        x = self.down(x, 6)\n"
        "        return nn.relu(self.down(x))\n\n"
        "    def down(self, x, features=4):\n"
        "        return nn.Dense(features)(x) + x.mean()\n"
    )
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "return nnx.relu(self.dense_1(x) + x.mean())" in after
    check_equivalent(text, Call("Net", (3,), {}, (f32(2, 3),)))


def test_a_call_in_the_arguments_of_another() -> None:
    """What is made first is counted first, in one statement of a third function as well."""
    text = with_header(
        "def f(x, y):\n    x = nn.Dense(3)(x)\n    return x + y\n\n\n"
        "def g(x):\n    x = nn.Dense(4)(x)\n    return nn.Dense(3)(x)\n\n\n"
        "def both(x):\n    x = f(x, g(x))\n    return x * 2\n\n\n"
        "class Both(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return both(x)\n\n\n"
        "class Inside(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return f(x, g(x))\n\n\n"
        "class One(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return f(x, x)\n"
    )
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "def f" not in after
    for name in ("Both", "Inside", "One"):
        check_equivalent(text, Call(name, (3,), {}, (f32(2, 3),)))
