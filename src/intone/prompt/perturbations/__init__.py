"""Perturbations: changes of a prompt that should not matter, by kind, seeded, meaning kept."""

from intone.prompt.perturbations.perturb import perturbed
from intone.prompt.perturbations.sampling import AtTemperature
from intone.prompt.perturbations.variant import KINDS, Asked, Kind, Perturbed, Variant, read_kinds

__all__ = [
    "KINDS",
    "Asked",
    "AtTemperature",
    "Kind",
    "Perturbed",
    "Variant",
    "perturbed",
    "read_kinds",
]
