"""Bodies of `f(key, x)` before and after."""

TRANSFORMED = {
    "init and apply": (
        """
        model = LN()
        params = model.init(key, x)
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "params picked at once": (
        """
        model = LN()
        params = model.init(key, x)["params"]
        return model.apply({"params": params}, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "fields after the sizes": (
        """
        model = LN(1e-3)
        params = model.init(key, x)
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], 1e-3, rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "name and parent dropped": (
        """
        model = LN(name="ln", eps=1e-3, parent=None)
        params = model.init(key, x)
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], eps=1e-3, rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "no sizes": (
        """
        model = Plain(features=4)
        params = model.init(jax.random.PRNGKey(0), x)
        return model.apply(params, x)
        """,
        """
        model = Plain(features=4, rngs=nnx.Rngs(0))
        return model(x)
        """,
    ),
    "seed that may be an array": (
        """
        model = Plain(4)
        params = model.init(jax.random.key(seed), x)
        return model.apply(params, x)
        """,
        """
        model = Plain(4, rngs=nnx.Rngs(jax.random.key(seed)))
        return model(x)
        """,
    ),
    "dict of keys": (
        """
        model = LN()
        params = model.init({"params": key, "noise": jax.random.key(1)}, x)
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(params=key, noise=1))
        return model(x)
        """,
    ),
    "construction waits for what init needs": (
        """
        model = LN(eps=1e-3)
        key = jax.random.key(0)
        x = jnp.ones((1, 8))
        params = model.init(key, x)
        return model.apply(params, x)
        """,
        """
        key = jax.random.key(0)
        x = jnp.ones((1, 8))
        model = LN(x.shape[-1], eps=1e-3, rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "shape made on the spot": (
        """
        model = LN()
        params = model.init(key, jnp.ones((1, 8)))
        return model.apply(params, x)
        """,
        """
        model = LN(8, rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "shape of another array": (
        """
        model = LN()
        params = model.init(key, jnp.zeros(x.shape))
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "a batch in front of a shape": (
        """
        model = LN()
        params = model.init(key, jnp.zeros((1, *x.shape[1:])))
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[1:][-1], rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "a batch added to a shape": (
        """
        model = LN()
        params = model.init(key, jnp.zeros((1,) + x.shape))
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "an array like another": (
        """
        model = LN()
        params = model.init(key, jnp.zeros_like(x))
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "shape of random values": (
        """
        model = LN()
        params = model.init(key, jax.random.normal(key, (4, n)))
        return model.apply(params, x)
        """,
        """
        model = LN(n, rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "init without a name for the module": (
        """
        variables = LN(eps=0.1).init(key, x)
        return LN(eps=0.1).apply(variables, x)
        """,
        """
        model = LN(x.shape[-1], eps=0.1, rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "init under jit": (
        """
        model = LN()
        params = jax.jit(model.init)(key, x)
        return model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x)
        """,
    ),
    "init with output": (
        """
        model = LN()
        y, params = model.init_with_output(key, x)
        return y + model.apply(params, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        y = model(x)
        return y + model(x)
        """,
    ),
    "init with output, behind what it is given": (
        """
        model = LN(1e-3)
        x = x + 1.0
        y, _ = model.init_with_output(key, x)
        return y
        """,
        """
        x = x + 1.0
        model = LN(x.shape[-1], 1e-3, rngs=nnx.Rngs(key))
        y = model(x)
        return y
        """,
    ),
    "init with output of a model without a name": (
        """
        x = x + 1.0
        # twice the output
        y, params = LN().init_with_output(key, x)
        return 2 * y + params["params"]["gamma"]
        """,
        """
        x = x + 1.0
        # twice the output
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        y = model(x)
        return 2 * y + model.gamma[...]
        """,
    ),
    "what a generator goes through first": (
        """
        model = LN()
        params = model.init(key, x)
        return sum(2 * row for row in model.apply(params, x))
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return sum(2 * row for row in model(x))
        """,
    ),
    "parameters that are counted": (
        """
        model = LN()
        variables = model.init(key, x)
        n = sum(leaf.size for leaf in jax.tree.leaves(variables["params"]))
        m = sum([4 * np.prod(p.shape) for p in jax.tree_util.tree_leaves(variables)])
        return n * m * model.apply(variables, x)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        n = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))
        m = sum([4 * np.prod(p.shape) for p in jax.tree_util.tree_leaves(nnx.state(model, nnx.Param))])
        return n * m * model(x)
        """,
    ),
    "method by name": (
        """
        model = LN()
        params = model.init(key, x)
        return model.apply(params, x, method="encode")
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model.encode(x)
        """,
    ),
    "method by attribute": (
        """
        model = LN()
        params = model.init(key, x)
        return model.apply(params, x, method=LN.encode) + model.apply(params, x, method=model.encode)
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model.encode(x) + model.encode(x)
        """,
    ),
    "updates discarded and state not used again": (
        """
        model = BN()
        v = model.init(key, x, True)
        y, _ = model.apply(v, x, True, mutable=["batch_stats"])
        return y
        """,
        """
        model = BN(x.shape[-1], rngs=nnx.Rngs(key))
        y = model(x, True)
        return y
        """,
    ),
    "updates discarded by index": (
        """
        model = BN()
        v = model.init(key, x, True)
        return model.apply(v, x, True, mutable="batch_stats")[0]
        """,
        """
        model = BN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x, True)
        """,
    ),
    "updates merged": (
        """
        model = BN()
        v = model.init(key, x, True)
        params = v["params"]
        y, state = model.apply(v, x, True, mutable=["batch_stats"])
        v = {"params": params, **state}
        return y, model.apply(v, x, False)
        """,
        """
        model = BN(x.shape[-1], rngs=nnx.Rngs(key))
        y = model(x, True)
        return y, model(x, False)
        """,
    ),
    "updates put into the variables": (
        """
        model = BN()
        v = flax.core.unfreeze(model.init(key, x, True))
        y, state = model.apply(v, x, True, mutable=["batch_stats"])
        v["batch_stats"] = state["batch_stats"]
        return y, model.apply(v, x, False)
        """,
        """
        model = BN(x.shape[-1], rngs=nnx.Rngs(key))
        y = model(x, True)
        return y, model(x, False)
        """,
    ),
    "updates merged by star": (
        """
        model = BN()
        v = model.init(key, x, True)
        y, state = model.apply(v, x, True, mutable=["batch_stats"])
        return y, model.apply({**v, **state}, x, False)
        """,
        """
        model = BN(x.shape[-1], rngs=nnx.Rngs(key))
        y = model(x, True)
        return y, model(x, False)
        """,
    ),
    "reads of variables": (
        """
        model = BN()
        v = model.init(key, x, True)
        stats = v["batch_stats"]
        y, new = model.apply(v, x, True, mutable=["batch_stats"])
        return v["params"]["gamma"].sum(), new["batch_stats"]["mean"]
        """,
        """
        model = BN(x.shape[-1], rngs=nnx.Rngs(key))
        y = model(x, True)
        return model.gamma[...].sum(), model.mean[...]
        """,
    ),
    "renamed variable": (
        """
        model = Plain(3)
        params = model.init(key, x)["params"]
        return params["step"]
        """,
        """
        model = Plain(3, rngs=nnx.Rngs(key))
        return model.step_[...]
        """,
    ),
    "read inside of the arguments of apply": (
        """
        model = LN()
        v = model.init(key, x)
        return model.apply(v, x * v["params"]["gamma"])
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return model(x * model.gamma[...])
        """,
    ),
    "apply in a comprehension": (
        """
        model = LN()
        v = model.init(key, x)
        return [model.apply(v, each) for each in (x, x + 1)]
        """,
        """
        model = LN(x.shape[-1], rngs=nnx.Rngs(key))
        return [model(each) for each in (x, x + 1)]
        """,
    ),
    "branches that agree": (
        """
        model = BN()
        v = model.init(key, x, True)
        if x.ndim > 1:
            y, u = model.apply(v, x, True, mutable=["batch_stats"])
        else:
            y = model.apply(v, x, False)
        return y
        """,
        """
        model = BN(x.shape[-1], rngs=nnx.Rngs(key))
        if x.ndim > 1:
            y = model(x, True)
        else:
            y = model(x, False)
        return y
        """,
    ),
    "two modules, one after the other": (
        """
        first = Plain(4)
        a = first.init(key, x)
        h = first.apply(a, x)
        second = LN()
        b = second.init(key, h)
        return second.apply(b, h)
        """,
        """
        first = Plain(4, rngs=nnx.Rngs(key))
        h = first(x)
        second = LN(h.shape[-1], rngs=nnx.Rngs(key))
        return second(h)
        """,
    ),
    "harmless mentions": (
        """
        y: LN
        assert not isinstance(x, (LN, BN))
        return LN.__name__
        """,
        """
        y: LN
        assert not isinstance(x, (LN, BN))
        return LN.__name__
        """,
    ),
}
