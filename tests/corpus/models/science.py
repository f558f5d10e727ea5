"""Models of physics and statistics."""

import jax.numpy as jnp

from .inputs import DIGITS, X
from .model import Model

SCIENCE = (
    Model("netket", "models/jastrow.py", "Jastrow", {"param_dtype": jnp.float32}, (X,)),
    Model("netket", "models/gaussian.py", "Gaussian", {}, (X,)),
    Model("netket", "nn/blocks/mlp.py", "MLP", {"hidden_dims": (8, 5), "param_dtype": jnp.float32}, (X,)),
    Model("netket", "models/rbm.py", "RBM", {"alpha": 2, "param_dtype": jnp.float32}, (X,)),
    Model("netket", "models/rbm.py", "RBMModPhase", {"alpha": 2, "param_dtype": jnp.float32}, (X,)),
    Model("netket", "models/mlp.py", "MLP", {"hidden_dims": (8, 5), "param_dtype": jnp.float32}, (X,)),
    Model("netket", "models/ndm.py", "PureRBM", {"param_dtype": jnp.float32}, (X, X)),
    Model("ott-jax", "networks/potentials.py", "MLP", {"dim_hidden": (5, 4, 1)}, (X,)),
    Model(
        "aws-fortuna",
        "model/cnn.py",
        "CNN",
        {"output_dim": 3, "dropout_rate": 0.2},
        (DIGITS,),
        {"train": False},
    ),
    Model("aws-fortuna", "model/lenet.py", "LeNet5", {"output_dim": 3}, (DIGITS,)),
    Model("aws-fortuna", "model/linear.py", "LinearModel", {"output_dim": 3}, (X,)),
)
