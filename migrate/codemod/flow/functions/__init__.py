"""What functions of JAX, NumPy and Flax do to shapes."""
