"""Bodies of `f(key, x)` that are refused, each with a part of the reason."""

REFUSED = {
    "variables from outside": (
        """
        model = LN()
        return model.apply(x, x)
        """,
        "`x` does not come from an `init`",
    ),
    "constructed and handed on": (
        """
        return make_state(LN())
        """,
        "a new `LN` is passed to `make_state`",
    ),
    "class handed on": (
        """
        return partial(LN, eps=1)
        """,
        "`LN` is passed to `partial`",
    ),
    "class returned": (
        """
        return LN
        """,
        "`LN` is returned",
    ),
    "class in a table": (
        """
        return {"ln": LN}
        """,
        "`LN` is put into a dict",
    ),
    "module returned": (
        """
        model = LN()
        return model
        """,
        "`model` is returned",
    ),
    "module stored": (
        """
        self.model = LN()
        """,
        "is stored in `self.model`",
    ),
    "module handed on": (
        """
        model = LN()
        v = model.init(key, x)
        return train(model, v)
        """,
        "`model` is passed to `train`",
    ),
    "never initialised": (
        """
        model = LN()
        return x
        """,
        "not initialised in the same function",
    ),
    "initialised twice": (
        """
        model = LN()
        v = model.init(key, x)
        w = model.init(key, x)
        return model.apply(w, x)
        """,
        "a second time",
    ),
    "initialised in a loop": (
        """
        model = LN()
        for k in key:
            v = model.init(k, x)
            y = model.apply(v, x)
        return y
        """,
        "may hold",
    ),
    "parameters optimised": (
        """
        model = LN()
        params = model.init(key, x)["params"]
        state = tx.init(params)
        return state
        """,
        "`params` is passed to `tx.init`",
    ),
    "parameters returned": (
        """
        model = LN()
        v = model.init(key, x)
        return v
        """,
        "`v` is returned",
    ),
    "parameters mapped": (
        """
        model = LN()
        v = model.init(key, x)
        w = jax.tree.map(jnp.zeros_like, v)
        return w
        """,
        "passed to `jax.tree.map`",
    ),
    "one parameter changed": (
        """
        model = LN()
        v = model.init(key, x)
        v["params"]["gamma"] = x
        return model.apply(v, x)
        """,
        "is not a read",
    ),
    "changed in place": (
        """
        model = LN()
        v = model.init(key, x)
        v |= load()
        return model.apply(v, x)
        """,
        "`v` is changed in place",
    ),
    "older statistics read": (
        """
        model = BN()
        v = model.init(key, x, True)
        y, u = model.apply(v, x, True, mutable=["batch_stats"])
        return v["batch_stats"]["mean"]
        """,
        "is older than",
    ),
    "statistics not passed": (
        """
        model = BN()
        v = model.init(key, x, True)
        p = v["params"]
        return model.apply({"params": p}, x, True, mutable=["batch_stats"])[0]
        """,
        "without `batch_stats`",
    ),
    "collection under another name": (
        """
        model = BN()
        v = model.init(key, x, True)
        p = v["params"]
        return model.apply({"batch_stats": p}, x, True)
        """,
        "is put into a dict",
    ),
    "intermediates collected": (
        """
        model = LN()
        v = model.init(key, x)
        y, u = model.apply(v, x, mutable=["intermediates"])
        return u
        """,
        "mutable=",
    ),
    "keywords that may hold mutable": (
        """
        model = LN()
        v = model.init(key, x)
        return model.apply(v, x, **kw)
        """,
        "`**` in the call",
    ),
    "method that is computed": (
        """
        model = LN()
        v = model.init(key, x)
        return model.apply(v, x, method=pick())
        """,
        "`method=` is not the name",
    ),
    "method that the class does not have": (
        """
        model = LN()
        v = model.init(key, x)
        return model.apply(v, x, method="nope")
        """,
        "no public method",
    ),
    "bound": (
        """
        model = LN()
        v = model.init(key, x)
        return model.bind(v)(x)
        """,
        "`model` is asked for `.bind`",
    ),
    "f-string": (
        """
        model = LN()
        v = model.init(key, x)
        return f"{v['params']['gamma']}"
        """,
        "inside of an f-string",
    ),
    "constructed again, differently": (
        """
        v = LN(eps=1.0).init(key, x)
        return LN(eps=2.0).apply(v, x)
        """,
        "constructed again",
    ),
    "module name bound again": (
        """
        model = LN()
        v = model.init(key, x)
        model = load()
        return v['params']['gamma']
        """,
        "no longer holds the module",
    ),
    "size known only inside": (
        """
        model = Inner()
        v = model.init(key, x)
        return model.apply(v, x)
        """,
        "known only inside",
    ),
    "size of a computed argument": (
        """
        model = LN()
        v = model.init(key, x.astype(int))
        return model.apply(v, x)
        """,
        "would no longer be made",
    ),
    "argument of init with an effect": (
        """
        model = Plain(4)
        v = model.init(key, next(batches))
        return model.apply(v, x)
        """,
        "would no longer be made",
    ),
    "size of another method": (
        """
        model = LN()
        v = model.init(key, x, method="encode")
        return model.apply(v, x)
        """,
        "init runs `encode`",
    ),
    "init is not told the size": (
        """
        model = LN()
        v = model.init(key)
        return model.apply(v, x)
        """,
        "is not given `x`",
    ),
    "init result not named": (
        """
        model = LN()
        return model.apply(model.init(key, x), x)
        """,
        "not given a name",
    ),
    "init with output of a class with state": (
        """
        model = BN()
        y, v = model.init_with_output(key, x, True)
        return y
        """,
        "class with state",
    ),
    "init with output on one line with another statement": (
        """
        x = 2 * x; y, params = LN().init_with_output(key, x)
        return y
        """,
        "shares its line with another statement",
    ),
    "init with output on the line of its condition": (
        """
        if len(x): y, params = LN().init_with_output(key, x)
        return y
        """,
        "shares its line with another statement",
    ),
    "init with output, and a field that changes before": (
        """
        eps = 1e-3
        model = LN(eps)
        eps = 1e-4
        y, params = model.init_with_output(key, x)
        return y
        """,
        "put the two next to each other",
    ),
    "parameters that are added up": (
        """
        model = LN()
        params = model.init(key, x)
        return sum(leaf.sum() for leaf in jax.tree.leaves(params))
        """,
        "is passed to `jax.tree.leaves`",
    ),
    "parameters whose shapes are listed": (
        """
        model = LN()
        params = model.init(key, x)
        return [leaf.shape for leaf in jax.tree.leaves(params)]
        """,
        "is passed to `jax.tree.leaves`",
    ),
    "parameters that are counted as fractions": (
        """
        model = LN()
        params = model.init(key, x)
        return sum(leaf.size / 3 for leaf in jax.tree.leaves(params))
        """,
        "is passed to `jax.tree.leaves`",
    ),
    "statistics that are counted with parameters": (
        """
        model = BN()
        params = model.init(key, x, True)
        return sum(leaf.size for leaf in jax.tree.leaves(params))
        """,
        "is passed to `jax.tree.leaves`",
    ),
    "local class of the same name": (
        """
        for LN in layers:
            y = LN()
        return y
        """,
        "`LN` is also a variable",
    ),
    "one of two modules": (
        """
        if x.any():
            model = LN()
        else:
            model = Plain(4)
        v = model.init(key, x)
        return v
        """,
        "may hold",
    ),
    "default of a parameter": (
        """
        def g(layer=LN):
            return layer
        return g
        """,
        "`LN` is the default of a parameter",
    ),
    "after a return": (
        """
        return x
        model = LN()
        """,
        "where the code is not followed",
    ),
}
