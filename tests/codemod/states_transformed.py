"""Bodies of `f(key, x)` whose models have variables that code hands on: before, and what becomes of the body."""

LAYERS = """\
import math
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training import train_state


def ramp(key, shape, dtype=jnp.float32):
    return jnp.cos(jnp.arange(math.prod(shape), dtype=dtype)).reshape(shape)


class Net(nn.Module):
    scale: float = 1.0

    @nn.compact
    def __call__(self, x):
        x = nn.tanh(nn.Dense(4, kernel_init=ramp)(x))
        return self.scale * nn.Dense(2, kernel_init=ramp)(x)

    def encode(self, x):
        return 2.0 * x + self.scale


class Norm(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Dense(4, kernel_init=ramp)(x)
        return nn.BatchNorm(use_running_average=not train, momentum=0.5)(x)


class Drop(nn.Module):
    rate: float = 0.5

    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Dense(64, kernel_init=ramp)(x)
        first = nn.Dropout(self.rate)(x, deterministic=not train)
        return first, nn.Dropout(self.rate)(x, deterministic=not train)


class TrainState(train_state.TrainState):
    batch_stats: Any


def loss_of(y):
    return (y**2).mean()


"""

TRANSFORMED = {
    "an optimizer": (
        """
        model = Net()
        params = model.init(key, x)
        tx = optax.adam(0.1)
        opt_state = tx.init(params)

        @jax.jit
        def step(params, opt_state):
            loss, grads = jax.value_and_grad(lambda p: loss_of(model.apply(p, x)))(params)
            updates, opt_state = tx.update(grads, opt_state, params)
            return optax.apply_updates(params, updates), opt_state, loss

        losses = []
        for _ in range(3):
            params, opt_state, loss = step(params, opt_state)
            losses.append(loss)
        return losses
        """,
        """
        graphdef, params = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        tx = optax.adam(0.1)
        opt_state = tx.init(params)

        @jax.jit
        def step(params, opt_state):
            loss, grads = jax.value_and_grad(lambda p: loss_of(nnx.merge(graphdef, p)(x)))(params)
            updates, opt_state = tx.update(grads, opt_state, params)
            return optax.apply_updates(params, updates), opt_state, loss

        losses = []
        for _ in range(3):
            params, opt_state, loss = step(params, opt_state)
            losses.append(loss)
        return losses
        """,
    ),
    "a TrainState": (
        """
        model = Net(scale=2.0)
        params = model.init(key, x)["params"]
        state = train_state.TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
        grads = jax.grad(lambda params: loss_of(state.apply_fn({"params": params}, x)))(state.params)
        state = state.apply_gradients(grads=grads)
        return state.apply_fn({"params": state.params}, x)
        """,
        """
        graphdef, params = nnx.split(Net(x.shape[-1], scale=2.0, rngs=nnx.Rngs(key)))

        def apply(variables, *args, **kwargs):
            return nnx.merge(graphdef, variables["params"])(*args, **kwargs)

        state = train_state.TrainState.create(apply_fn=apply, params=params, tx=optax.sgd(0.1))
        grads = jax.grad(lambda params: loss_of(state.apply_fn({"params": params}, x)))(state.params)
        state = state.apply_gradients(grads=grads)
        return state.apply_fn({"params": state.params}, x)
        """,
    ),
    "a TrainState with statistics": (
        """
        model = Norm()
        variables = model.init(key, x)
        state = TrainState.create(
            apply_fn=model.apply,
            params=variables["params"],
            batch_stats=variables["batch_stats"],
            tx=optax.sgd(0.1),
        )

        @jax.jit
        def step(state):
            def loss_fn(params):
                variables = {"params": params, "batch_stats": state.batch_stats}
                y, updates = state.apply_fn(variables, x, train=True, mutable=["batch_stats"])
                return loss_of(y), updates

            (loss, updates), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
            return state.apply_gradients(grads=grads).replace(batch_stats=updates["batch_stats"]), loss

        losses = []
        for _ in range(3):
            state, loss = step(state)
            losses.append(loss)
        return losses, model.apply({"params": state.params, "batch_stats": state.batch_stats}, x)
        """,
        """
        graphdef, params, batch_stats = nnx.split(
            Norm(x.shape[-1], rngs=nnx.Rngs(key)), nnx.Param, nnx.BatchStat
        )

        def apply(variables, *args, mutable=False, **kwargs):
            model = nnx.merge(
                graphdef, variables["params"], variables["batch_stats"], copy=True
            )
            out = model(*args, **kwargs)
            if mutable is False:
                return out
            return out, {"batch_stats": nnx.state(model, nnx.BatchStat)}

        state = TrainState.create(
            apply_fn=apply,
            params=params,
            batch_stats=batch_stats,
            tx=optax.sgd(0.1),
        )

        @jax.jit
        def step(state):
            def loss_fn(params):
                variables = {"params": params, "batch_stats": state.batch_stats}
                y, updates = state.apply_fn(variables, x, train=True, mutable=["batch_stats"])
                return loss_of(y), updates

            (loss, updates), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
            return state.apply_gradients(grads=grads).replace(batch_stats=updates["batch_stats"]), loss

        losses = []
        for _ in range(3):
            state, loss = step(state)
            losses.append(loss)
        return losses, apply({"params": state.params, "batch_stats": state.batch_stats}, x)
        """,
    ),
    "statistics that older variables keep": (
        """
        model = Norm()
        variables = model.init(key, x)
        y, updates = model.apply(variables, x, True, mutable=["batch_stats"])
        w = {**variables}
        if y.any():
            w = {**variables, **updates}
        return y, model.apply(variables, x), model.apply(w, x)
        """,
        """
        graphdef, params, batch_stats = nnx.split(
            Norm(x.shape[-1], rngs=nnx.Rngs(key)), nnx.Param, nnx.BatchStat
        )
        variables = {"params": params, "batch_stats": batch_stats}

        def apply(variables, *args, mutable=False, **kwargs):
            model = nnx.merge(
                graphdef, variables["params"], variables["batch_stats"], copy=True
            )
            out = model(*args, **kwargs)
            if mutable is False:
                return out
            return out, {"batch_stats": nnx.state(model, nnx.BatchStat)}

        y, updates = apply(variables, x, True, mutable=["batch_stats"])
        w = {**variables}
        if y.any():
            w = {**variables, **updates}
        return y, apply(variables, x), apply(w, x)
        """,
    ),
    "statistics and parameters by their names": (
        """
        model = Norm()
        variables = model.init(key, x)
        params, stats = variables["params"], None
        moving = variables["batch_stats"]
        for _ in range(2):
            y, updates = model.apply({"params": params, "batch_stats": moving}, x, train=True, mutable=["batch_stats"])
            moving = updates["batch_stats"]
        return y, model.apply({"params": params, "batch_stats": moving}, x)
        """,
        """
        graphdef, model_params, batch_stats = nnx.split(
            Norm(x.shape[-1], rngs=nnx.Rngs(key)), nnx.Param, nnx.BatchStat
        )
        variables = {"params": model_params, "batch_stats": batch_stats}

        def apply(variables, *args, mutable=False, **kwargs):
            model = nnx.merge(
                graphdef, variables["params"], variables["batch_stats"], copy=True
            )
            out = model(*args, **kwargs)
            if mutable is False:
                return out
            return out, {"batch_stats": nnx.state(model, nnx.BatchStat)}

        params, stats = variables["params"], None
        moving = variables["batch_stats"]
        for _ in range(2):
            y, updates = apply({"params": params, "batch_stats": moving}, x, train=True, mutable=["batch_stats"])
            moving = updates["batch_stats"]
        return y, apply({"params": params, "batch_stats": moving}, x)
        """,
    ),
    "renamed collections": (
        """
        model = Norm()
        variables = model.init(key, x)
        params = variables["params"]
        moving = variables["batch_stats"]

        def loss(p):
            return loss_of(model.apply({"params": p, "batch_stats": moving}, x))

        return jax.value_and_grad(loss)(params)[0]
        """,
        """
        graphdef, params, moving = nnx.split(
            Norm(x.shape[-1], rngs=nnx.Rngs(key)), nnx.Param, nnx.BatchStat
        )

        def apply(variables, *args, mutable=False, **kwargs):
            model = nnx.merge(
                graphdef, variables["params"], variables["batch_stats"], copy=True
            )
            out = model(*args, **kwargs)
            if mutable is False:
                return out
            return out, {"batch_stats": nnx.state(model, nnx.BatchStat)}

        def loss(p):
            return loss_of(apply({"params": p, "batch_stats": moving}, x))

        return jax.value_and_grad(loss)(params)[0]
        """,
    ),
    "apply handed to jit": (
        """
        model = Net()
        v = model.init(key, x)
        return jax.jit(model.apply)(v, x), jax.vmap(lambda y: model.apply(v, y))(x)
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))

        def apply(params, *args, **kwargs):
            return nnx.merge(graphdef, params)(*args, **kwargs)

        return jax.jit(apply)(v, x), jax.vmap(lambda y: apply(v, y))(x)
        """,
    ),
    "several sets of parameters": (
        """
        model = Net()
        params = model.init(key, x)["params"]
        both = jax.tree.map(lambda w: jnp.stack([w, 2 * w]), params)
        return jax.vmap(lambda p: model.apply({"params": p}, x))(both)
        """,
        """
        graphdef, params = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        both = jax.tree.map(lambda w: jnp.stack([w, 2 * w]), params)
        return jax.vmap(lambda p: nnx.merge(graphdef, p)(x))(both)
        """,
    ),
    "another method": (
        """
        model = Net()
        v = model.init(key, x)
        g = lambda y: model.apply(v, y, method="encode") + model.apply(v, y, method=Net.encode)
        return g(x)
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        g = lambda y: nnx.merge(graphdef, v).encode(y) + nnx.merge(graphdef, v).encode(y)
        return g(x)
        """,
    ),
    "keys that nothing draws from": (
        """
        model = Net()
        v = model.init(key, x)
        return model.apply(v, x, rngs={"dropout": key}, mutable=False)
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        return nnx.merge(graphdef, v)(x)
        """,
    ),
    "semicolons, as in notebooks": (
        """
        model = Net();
        v = model.init(key, x);  # quiet
        return list(model.apply(v, y) for y in x)
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        return list(nnx.merge(graphdef, v)(y) for y in x)
        """,
    ),
    "a generator": (
        """
        model = Net()
        v = model.init(key, x)
        return list(model.apply(v, y) for y in x)
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        return list(nnx.merge(graphdef, v)(y) for y in x)
        """,
    ),
    "try": (
        """
        model = Net()
        v = model.init(key, x)
        try:
            y = model.apply(v, x)
        finally:
            pass
        return y
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        try:
            y = nnx.merge(graphdef, v)(x)
        finally:
            pass
        return y
        """,
    ),
    "two models": (
        """
        model = Net()
        v = model.init(key, x)
        other = Net(3.0)
        w = other.init(key, jnp.ones((1, 2)))
        step = lambda v, w: other.apply(w, model.apply(v, x))
        return step(v, w), step(v, jax.tree.map(jnp.ones_like, w))
        """,
        """
        model_graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        other_graphdef, w = nnx.split(Net(2, 3.0, rngs=nnx.Rngs(key)))
        step = lambda v, w: nnx.merge(other_graphdef, w)(nnx.merge(model_graphdef, v)(x))
        return step(v, w), step(v, jax.tree.map(jnp.ones_like, w))
        """,
    ),
    "applied to what it gives": (
        """
        model = Net()
        v = model.init(key, x)
        return jax.jit(lambda v: model.apply(v, model.apply(v, x, method="encode")))(v)
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        return jax.jit(lambda v: nnx.merge(graphdef, v)(nnx.merge(graphdef, v).encode(x)))(v)
        """,
    ),
    "an argument that is something else by then": (
        """
        e = 2.0
        model = Net(e)
        e = e + 1
        v = model.init(key, x)
        return [model.apply(v, y) for y in (x, e * x)], (lambda: model.apply(v, x))()
        """,
        """
        e = 2.0
        scale = e
        e = e + 1
        graphdef, v = nnx.split(Net(x.shape[-1], scale, rngs=nnx.Rngs(key)))
        return [nnx.merge(graphdef, v)(y) for y in (x, e * x)], (lambda: nnx.merge(graphdef, v)(x))()
        """,
    ),
    "an argument that stays what it is": (
        """
        config = {"scale": 2.0}
        model = Net(config["scale"])
        sample = x + 1
        v = model.init(key, sample)
        return (lambda: model.apply(v, x))()
        """,
        """
        config = {"scale": 2.0}
        sample = x + 1
        graphdef, v = nnx.split(Net(sample.shape[-1], config["scale"], rngs=nnx.Rngs(key)))
        return (lambda: nnx.merge(graphdef, v)(x))()
        """,
    ),
    "parameters that something else replaces": (
        """
        model = Net()
        v = model.init(key, x)
        v = jax.tree.map(lambda w: 2 * w, v)
        return model.apply(v, x)
        """,
        """
        graphdef, v = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))
        v = jax.tree.map(lambda w: 2 * w, v)
        return nnx.merge(graphdef, v)(x)
        """,
    ),
    "whether it trains is decided later": (
        """
        model = Norm()
        v = model.init(key, x)

        def run(train):
            return model.apply(v, x, train, mutable=["batch_stats"] if train else False)

        return run(False), run(True)[0]
        """,
        """
        graphdef, params, batch_stats = nnx.split(
            Norm(x.shape[-1], rngs=nnx.Rngs(key)), nnx.Param, nnx.BatchStat
        )
        v = {"params": params, "batch_stats": batch_stats}

        def apply(variables, *args, mutable=False, **kwargs):
            model = nnx.merge(
                graphdef, variables["params"], variables["batch_stats"], copy=True
            )
            out = model(*args, **kwargs)
            if mutable is False:
                return out
            return out, {"batch_stats": nnx.state(model, nnx.BatchStat)}

        def run(train):
            return apply(v, x, train, mutable=["batch_stats"] if train else False)

        return run(False), run(True)[0]
        """,
    ),
    "an init inside of another expression": (
        """
        # the model
        model = Net(scale=2.0)
        # the state
        state = train_state.TrainState.create(
            apply_fn=model.apply, params=model.init(key, x)["params"], tx=optax.sgd(0.1)
        )
        return state.apply_fn({"params": state.params}, x)
        """,
        """
        # the model
        graphdef, params = nnx.split(Net(x.shape[-1], scale=2.0, rngs=nnx.Rngs(key)))

        def apply(variables, *args, **kwargs):
            return nnx.merge(graphdef, variables["params"])(*args, **kwargs)

        # the state
        state = train_state.TrainState.create(
            apply_fn=apply, params=params, tx=optax.sgd(0.1)
        )
        return state.apply_fn({"params": state.params}, x)
        """,
    ),
    "two inits inside of one expression": (
        """
        model = Net()
        other = Norm()
        tx = optax.sgd(0.1)
        # both
        states = (
            train_state.TrainState.create(apply_fn=model.apply, params=model.init(key, x), tx=tx),
            train_state.TrainState.create(
                apply_fn=other.apply,
                params=other.init(key, x),
                tx=tx,
            ),
        )
        return [state.apply_fn(state.params, x) for state in states]
        """,
        """
        tx = optax.sgd(0.1)
        model_graphdef, model_params = nnx.split(Net(x.shape[-1], rngs=nnx.Rngs(key)))

        def model_apply(params, *args, **kwargs):
            return nnx.merge(model_graphdef, params)(*args, **kwargs)

        other_graphdef, other_params, other_batch_stats = nnx.split(
            Norm(x.shape[-1], rngs=nnx.Rngs(key)), nnx.Param, nnx.BatchStat
        )

        def other_apply(variables, *args, mutable=False, **kwargs):
            model = nnx.merge(
                other_graphdef, variables["params"], variables["batch_stats"], copy=True
            )
            out = model(*args, **kwargs)
            if mutable is False:
                return out
            return out, {"batch_stats": nnx.state(model, nnx.BatchStat)}

        # both
        states = (
            train_state.TrainState.create(apply_fn=model_apply, params=model_params, tx=tx),
            train_state.TrainState.create(
                apply_fn=other_apply,
                params={"params": other_params, "batch_stats": other_batch_stats},
                tx=tx,
            ),
        )
        return [state.apply_fn(state.params, x) for state in states]
        """,
    ),
    "an init that a lambda holds": (
        """
        n = 4
        model = Net(scale=x.shape[0])

        def run(params, y):
            return model.apply(params, y)

        sample = jnp.zeros((1, n))
        init = lambda key: model.init(key, sample)
        return run(init(key), x)
        """,
        """
        n = 4
        model = partial(Net, n, scale=x.shape[0])
        graphdef = nnx.graphdef(nnx.eval_shape(lambda: model(rngs=nnx.Rngs(0))))

        def run(params, y):
            return nnx.merge(graphdef, params)(y)

        sample = jnp.zeros((1, n))
        init = lambda key: nnx.state(model(rngs=nnx.Rngs(key)))
        return run(init(key), x)
        """,
    ),
    "inits in functions": (
        """
        model = Net()
        sample = x[:1]

        def init(seed):
            return model.init(jax.random.key(seed), sample)["params"]

        def again(seed):
            return jax.jit(model.init)(jax.random.key(seed), sample)["params"]

        return jax.jit(model.apply)({"params": init(3)}, x) + model.apply({"params": again(4)}, x)
        """,
        """
        sample = x[:1]
        model = partial(Net, sample.shape[-1])
        graphdef = nnx.graphdef(nnx.eval_shape(lambda: model(rngs=nnx.Rngs(0))))

        def apply(variables, *args, **kwargs):
            return nnx.merge(graphdef, variables["params"])(*args, **kwargs)

        def init(seed):
            return nnx.state(model(rngs=nnx.Rngs(jax.random.key(seed))))

        def again(seed):
            return nnx.state(model(rngs=nnx.Rngs(jax.random.key(seed))))

        return jax.jit(apply)({"params": init(3)}, x) + apply({"params": again(4)}, x)
        """,
    ),
    "no draws": (
        """
        model = Drop()
        params = model.init(key, x)["params"]
        return jax.jit(lambda p: model.apply({"params": p}, x))(params)
        """,
        """
        graphdef, params, rest = nnx.split(
            Drop(x.shape[-1], rngs=nnx.Rngs(params=key, dropout=key)), nnx.Param, ...
        )

        def apply(variables, *args, rngs=None, **kwargs):
            model = nnx.merge(graphdef, variables["params"], rest, copy=True)
            nnx.reseed(model, **(rngs or {}))
            return model(*args, **kwargs)

        return jax.jit(lambda p: apply({"params": p}, x))(params)
        """,
    ),
}

SAME = {
    "transforms by labels and masks": """
    model = Net()
    params = model.init(key, x)["params"]
    labels = jax.tree.map(lambda w: "kernels" if w.ndim > 1 else "biases", params)
    decay = optax.adamw(0.1, weight_decay=0.3, mask=lambda p: jax.tree.map(lambda w: w.ndim > 1, p))
    tx = optax.multi_transform({"kernels": decay, "biases": optax.sgd(0.2)}, labels)
    state = train_state.TrainState.create(apply_fn=model.apply, params=params, tx=tx)
    for _ in range(3):
        grads = jax.grad(lambda p: loss_of(state.apply_fn({"params": p}, x)))(state.params)
        state = state.apply_gradients(grads=grads)
    return state.apply_fn({"params": state.params}, x)
    """,
    "a scan over steps": """
    model = Net()
    params = model.init(key, x)
    tx = optax.chain(optax.clip_by_global_norm(0.1), optax.sgd(0.1))

    def body(carry, _):
        params, opt_state = carry
        loss, grads = jax.value_and_grad(lambda p: loss_of(model.apply(p, x)))(params)
        updates, opt_state = tx.update(grads, opt_state)
        return (optax.apply_updates(params, updates), opt_state), loss

    return jax.lax.scan(body, (params, tx.init(params)), None, 4)[1]
    """,
    "statistics that a scan carries": """
    model = Norm()
    variables = model.init(key, x)
    params, stats = variables["params"], variables["batch_stats"]

    def body(stats, y):
        variables = {"params": params, "batch_stats": stats}
        out, updates = model.apply(variables, y, train=True, mutable=["batch_stats"])
        return updates["batch_stats"], out

    stats, outs = jax.lax.scan(body, stats, jnp.stack([x, 2 * x]))
    return outs, model.apply({"params": params, "batch_stats": stats}, x)
    """,
    "a target and an average beside": """
    model = Net()
    params = model.init(key, x)
    target = params
    mean = jax.tree.map(jnp.zeros_like, params)
    step = jax.jit(lambda p, g: jax.tree.map(lambda p, g: p - 0.1 * g, p, g), donate_argnums=1)
    for _ in range(3):
        grads = jax.grad(lambda p: loss_of(model.apply(p, x) - model.apply(target, x) + 1))(params)
        params = step(params, grads)
        mean = optax.incremental_update(params, mean, 0.1)
    chosen = jax.lax.cond(x.sum() > 100, lambda: params, lambda: mean)
    return model.apply(mean, x), model.apply(target, x), jax.jit(lambda p: model.apply(p, x))(chosen)
    """,
}
"""Bodies of which nothing is asked but that they compute the same."""
