"""Installed packages that hand out no variables of Linen modules unseen: mathematics, data, environments, logs."""

NEUTRAL = frozenset({
    # arrays, optimizers and functions of them; what of these reads files is known by its own name
    "blackjax", "chex", "diffrax", "distrax", "einops", "flax", "haliax", "jax", "jaxlib", "jaxopt",
    "jaxtyping", "lineax", "ml_dtypes", "numba", "numpy", "optax", "optimistix", "ott", "rlax", "scipy",
    "sympy", "tensorflow_probability", "torch",
    # data
    "albumentations", "ase", "cv2", "datasets", "evaluate", "grain", "imageio", "librosa", "networkx", "nltk",
    "pandas", "PIL", "polars", "rdkit", "sentencepiece", "seqio", "skimage", "sklearn", "soundfile", "spacy",
    "tensorflow", "tensorflow_datasets", "tensorflow_text", "tfds", "tiktoken", "tokenizers", "torchaudio",
    "torchtext", "torchvision",
    # environments
    "ale_py", "brax.envs", "brax.io.html", "brax.io.image", "craftax", "d4rl", "dm_control", "dm_env",
    "envpool", "gym", "gymnasium", "gymnax", "jumanji", "kinetix", "metaworld", "minari", "minatar", "mujoco",
    "mujoco_playground", "navix", "pettingzoo", "pgx", "procgen", "robosuite", "shimmy", "stable_baselines3",
    "supersuit", "xminigrid",
    # files and what is fetched: where they are used, a merge asks for the names of variables
    "boto3", "cloudpickle", "dill", "fsspec", "gcsfs", "gdown", "h5py", "huggingface_hub", "joblib", "msgpack", "orbax",
    "pooch", "requests", "s3fs", "safetensors", "tensorstore", "transformers", "zarr",
    # logs, plots, options, types, tests
    "absl", "aim", "attr", "attrs", "beartype", "click", "clu", "comet_ml", "configargparse",
    "dataclasses_json", "etils", "fire", "gin", "hydra", "hypothesis", "ipdb", "IPython", "loguru",
    "matplotlib", "ml_collections", "mlflow", "mpl_toolkits", "neptune", "omegaconf", "parameterized",
    "plotly", "psutil", "pydantic", "pytest", "rich", "ruamel", "seaborn", "setproctitle", "simple_parsing",
    "six", "tabulate", "tensorboard", "tensorboardX", "termcolor", "toml", "toolz", "tqdm", "typeguard",
    "typer", "typing_extensions", "tyro", "wandb", "yaml", "zstandard",
})  # fmt: skip
