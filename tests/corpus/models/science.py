"""Models of physics and statistics."""

import jax.numpy as jnp
import numpy as np

from .inputs import DIGITS, X
from .model import Constant, Model, f32

_PLACES = np.arange(4)
_RING = {
    "symmetries": Constant((_PLACES[None] + _PLACES[:, None]) % 4),  # all shifts of a ring of four sites
    "layers": 2,
    "features": (3, 2),
    "characters": Constant(np.ones(4)),
    "param_dtype": jnp.float32,
}
_SHIFTS = {"product_table": Constant((_PLACES[None] - _PLACES[:, None]) % 4), "shape": (4,)}
_WAVES = {"irreps": tuple(Constant(np.exp(0.5j * np.pi * k * _PLACES)[:, None, None]) for k in range(4))}
_PARITY = {"parity": -1}

SCIENCE = (
    *(
        Model("netket", "models/equivariant.py", name, {**_RING, **more}, (f32(2, 4),))
        for name, more in (
            ("GCNN_FFT", _SHIFTS),
            ("GCNN_Irrep", _WAVES),
            ("GCNN_Parity_FFT", {**_SHIFTS, **_PARITY}),
            ("GCNN_Parity_Irrep", {**_WAVES, **_PARITY}),
        )
    ),
    Model(
        "jVMC",
        "nets/cnn.py",
        "CNN",
        {"F": (3,), "channels": (4, 5), "strides": (1,), "bias": True},
        (f32(8),),
    ),
    Model(
        "jax-md",
        "uma/blocks.py",
        "SpectralAtomwise",
        {"sphere_channels": 3, "hidden_channels": 4, "lmax": 1},
        (f32(5, 4, 3),),
    ),
    Model(
        "jax-md",
        "uma/nn/embedding.py",
        "ChgSpinEmbedding",
        {"embedding_type": "lin_emb", "embedding_target": "spin", "embedding_size": 4},
        (f32(5),),
    ),
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
    Model(
        "apax", "layers/readout.py", "AtomisticReadout", {"units": [4, 5], "n_shallow_ensemble": 3}, (f32(6),)
    ),
    Model(
        "scvi-tools",
        "module/_jaxvae.py",
        "FlaxEncoder",
        {"n_input": 6, "n_latent": 3, "n_hidden": 8, "dropout_rate": 0.1},
        (X,),
        {"training": False},
    ),
)
