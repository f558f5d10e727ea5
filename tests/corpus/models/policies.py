"""Policies and critics of reinforcement learning."""

import jax
import numpy as np

from .inputs import ACTION, DIGITS, FRAMES, KEY, X
from .model import Model, f32

_CRITIC = {"net_arch": (8, 8), "n_critics": 3}

_SPREAD = {
    "param_size": 2,
    "hidden_layer_sizes": (8, 6),
    "activation": jax.nn.relu,
    "kernel_init": jax.nn.initializers.normal(),
    "layer_norm": True,
    "init_noise_std": 0.5,
}

POLICIES = (
    *(
        Model(
            "brax",
            "training/networks.py",
            "PolicyModuleWithStd",
            {**_SPREAD, "noise_std_type": kind, "state_dependent_std": told},
            (X,),
        )
        for kind, told in (("scalar", False), ("log", False), ("log", True))
    ),
    Model("brax", "training/networks.py", "MLP", {"layer_sizes": (8, 8, 3), "layer_norm": True}, (X,)),
    Model(
        "brax",
        "training/networks.py",
        "CNN",
        {"num_filters": (4, 5), "kernel_sizes": ((3, 3), (3, 3)), "strides": ((1, 1), (2, 2))},
        (FRAMES,),
    ),
    Model(
        "brax",
        "training/networks.py",
        "DistributionalCritic",
        {
            "hidden_layer_sizes": (8,),
            "activation": jax.nn.relu,
            "kernel_init": jax.nn.initializers.lecun_uniform(),
        },
        (X,),
    ),
    Model("dopamine-rl", "jax/networks.py", "NatureDQNNetwork", {"num_actions": 3}, (f32(1, 36, 36, 2),)),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "ClassicControlDQNNetwork",
        {"num_actions": 3, "hidden_units": 8},
        (f32(6),),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "RainbowNetwork",
        {"num_actions": 3, "num_atoms": 5},
        (f32(1, 36, 36, 2), np.linspace(-1, 1, 5, dtype="f")),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "QuantileNetwork",
        {"num_actions": 3, "num_atoms": 5},
        (f32(1, 36, 36, 2),),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "ImplicitQuantileNetwork",
        {"num_actions": 3, "quantile_embedding_dim": 4},
        (f32(1, 36, 36, 2), 4, jax.random.PRNGKey(0)),
    ),
    Model(
        "dopamine-rl",
        "minatar/minatar_env.py",
        "MinatarDQNNetwork",
        {"num_actions": 3},
        (f32(1, 10, 10, 4),),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "ClassicControlRainbowNetwork",
        {"num_actions": 3, "num_atoms": 5, "hidden_units": 8},
        (f32(6), np.linspace(-1, 1, 5, dtype="f")),
    ),
    Model(
        "dopamine-rl", "sac_from_pixels/continuous_networks.py", "SACEncoderNetwork", {}, (f32(20, 20, 2, 3),)
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "JaxFourierDQNNetwork",
        {"num_actions": 3, "min_vals": (-1.0, -2.0), "max_vals": (1.0, 2.0)},
        (f32(2),),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "PPODiscreteActorCriticNetwork",
        {"action_shape": (3,)},
        (f32(36, 36, 2), jax.random.PRNGKey(0)),
    ),
    Model("dopamine-rl", "jax/networks.py", "PPOSharedNetwork", {}, (f32(1, 36, 36, 2),)),
    Model("sbx-rl", "sbx/common/policies.py", "ContinuousCritic", {"net_arch": (8, 8)}, (X, ACTION)),
    Model("sbx-rl", "sbx/dqn/policies.py", "QNetwork", {"n_actions": 3, "n_units": 8}, (X,)),
    Model(
        "sbx-rl", "sbx/dqn/policies.py", "CnnQNetwork", {"n_actions": 3, "n_units": 8}, (f32(2, 3, 36, 36),)
    ),
    Model("sbx-rl", "sbx/common/policies.py", "VectorCritic", _CRITIC, (X, ACTION)),
    Model("sbx-rl", "sbx/common/policies.py", "SimbaVectorCritic", _CRITIC, (X, ACTION)),
    Model("sbx-rl", "sbx/crossq/policies.py", "VectorCritic", _CRITIC, (X, ACTION)),
    Model("sbx-rl", "sbx/crossq/policies.py", "SimbaCritic", {"net_arch": (8, 8)}, (X, ACTION)),
    Model("sbx-rl", "sbx/crossq/policies.py", "SimbaVectorCritic", _CRITIC, (X, ACTION)),
    Model(
        "rejax",
        "rejax/networks.py",
        "DuelingQNetwork",
        {"action_dim": 3, "hidden_layer_sizes": (8,), "activation": jax.nn.relu},
        (X,),
    ),
    Model(
        "rejax",
        "rejax/networks.py",
        "DeterministicPolicy",
        {"action_dim": 3, "action_range": (-1.0, 1.0), "hidden_layer_sizes": (8,), "activation": jax.nn.relu},
        (X,),
    ),
    Model(
        "rejax",
        "rejax/networks.py",
        "QNetwork",
        {"hidden_layer_sizes": (8, 7), "activation": jax.nn.relu},
        (X, ACTION),
    ),
    Model(
        "rejax",
        "rejax/networks.py",
        "DiscreteQNetwork",
        {"action_dim": 3, "hidden_layer_sizes": (8, 7), "activation": jax.nn.relu},
        (X,),
    ),
    Model("qdax", "networks/networks.py", "MLP", {"layer_sizes": (8, 3)}, (X,)),
    Model("qdax", "networks/networks.py", "MLPDC", {"layer_sizes": (8, 3)}, (X, ACTION)),
    Model("qdax", "networks/sac_networks.py", "Actor", {"action_size": 3, "hidden_layer_size": (8,)}, (X,)),
    Model("qdax", "networks/sac_networks.py", "Critic", {"hidden_layer_size": (8,)}, (X, ACTION)),
    Model(
        "qdax",
        "networks/diayn_networks.py",
        "Discriminator",
        {"num_skills": 3, "hidden_layer_size": (8,)},
        (X,),
    ),
    Model(
        "dopamine-rl",
        "labs/cale/networks.py",
        "SACImpalaEncoder",
        {"projection_dimension": 8, "stack_sizes": (4, 6)},
        (f32(16, 16, 3),),
    ),
    Model("evosax", "problems/networks.py", "MLP", {"layer_sizes": (8, 3)}, (X, KEY)),
    Model("evojax", "policy/convnet.py", "CNN", {}, (DIGITS,)),
    Model("evojax", "policy/mlp.py", "MLP", {"feat_dims": (5, 4), "out_dim": 2, "out_fn": "tanh"}, (X,)),
)
