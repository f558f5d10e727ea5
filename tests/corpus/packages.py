"""Published packages with Linen code that nobody here wrote, at pinned versions."""

from typing import NamedTuple


class Package(NamedTuple):
    """One release. `sdist` asks for the source archive: it has examples and tests that wheels leave out."""

    name: str
    version: str
    sdist: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"


PACKAGES = (
    Package("flax", "0.12.8", sdist=True),
    Package("flax", "0.8.2", sdist=True),
    Package("jax-models", "0.0.5"),
    Package("gemma", "3.3.0"),
    Package("netket", "3.23.0"),
    Package("dopamine-rl", "4.1.2"),
    Package("flaxdiff", "0.2.11"),
    Package("aws-fortuna", "0.2.0"),
    Package("jax-md", "0.2.29"),
    Package("kauldron", "1.4.2"),
    Package("flaxmodels", "0.1.3"),
    Package("diffusers", "0.31.0"),
    Package("sbx-rl", "0.28.0"),
    Package("evosax", "0.3.2"),
    Package("jVMC", "1.5.8"),
    Package("apax", "0.14.0"),
    Package("qdax", "0.5.0"),
    Package("jax-resnet", "0.0.4"),
    Package("brax", "0.14.2"),
    Package("neural-tangents", "0.6.5"),
    Package("recurrentgemma", "1.0.1"),
    Package("rejax", "0.1.3"),
    Package("e3x", "1.0.2"),
    Package("dalle-mini", "0.1.5"),
    Package("evojax", "0.2.17"),
    Package("harmonic", "1.3.1"),
    Package("ott-jax", "0.6.0"),
    Package("e3nn-jax", "0.21.0"),
    Package("scvi-tools", "1.1.6"),
    Package("jaxmarl", "0.2.0"),
    Package("google-vizier", "0.1.24"),
    Package("jraph", "0.0.6.dev0"),
    Package("clu", "0.0.12"),
    Package("transformers", "4.46.3"),
)
