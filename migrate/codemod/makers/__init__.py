"""Functions outside of classes that make one kind of module on every way through them: they go on to, in NNX."""
