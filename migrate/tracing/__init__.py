"""Runs the user's Linen models on shapes and writes down what every module was called with. A process of its own.

`process` starts it and, like `entries`, does not import JAX; everything else here runs inside.
"""
