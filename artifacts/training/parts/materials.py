"""Materials of a part: base color (linear RGB), how metallic, how glossy, how rusty."""

from dataclasses import dataclass

import numpy as np

_METALS: dict[str, tuple[float, float, float]] = {
    "steel": (0.62, 0.62, 0.63),
    "zinc": (0.66, 0.68, 0.72),
    "yellow-zinc": (0.72, 0.60, 0.32),
    "brass": (0.78, 0.58, 0.25),
    "copper": (0.75, 0.42, 0.28),
    "black-oxide": (0.10, 0.10, 0.11),
}
_PLASTICS: tuple[tuple[float, float, float], ...] = (
    (0.80, 0.80, 0.77), (0.04, 0.04, 0.045), (0.60, 0.06, 0.05), (0.05, 0.16, 0.50),
    (0.07, 0.35, 0.12), (0.75, 0.52, 0.05), (0.75, 0.25, 0.04), (0.30, 0.31, 0.33),
)
# Rust is common on bare steel only.
_RUSTY = ("steel", "black-oxide")


@dataclass(frozen=True)
class Material:
    color: np.ndarray
    metallic: float
    """1: reflects its surroundings in its own color; 0: paint or plastic."""
    gloss: int
    """Index into the blur levels of the surroundings: 0 polished .. 2 dull."""
    rust: float
    """Share of the surface that is rusted, 0..1."""
    brushed: bool


def random_material(rng: np.random.Generator, plastic_share: float = 0.25) -> Material:
    if rng.random() < plastic_share:
        color = np.array(_PLASTICS[rng.integers(len(_PLASTICS))])
        return Material(_vary(rng, color), 0.0, int(rng.integers(0, 3)), 0.0, False)
    name = str(rng.choice(list(_METALS), p=[0.42, 0.2, 0.08, 0.1, 0.05, 0.15]))
    rusty = name in _RUSTY and rng.random() < 0.4
    return Material(
        color=_vary(rng, np.array(_METALS[name])),
        metallic=0.9 if name != "black-oxide" else 0.6,
        gloss=int(rng.integers(0, 3)),
        rust=float(rng.uniform(0.1, 0.8)) if rusty else 0.0,
        brushed=bool(rng.random() < 0.4),
    )


def clutter_material(rng: np.random.Generator) -> Material:
    """Paper, wood, dry leaf, rubber, slag: dull and of any color; now and then metal."""
    if rng.random() < 0.4:
        return random_material(rng, plastic_share=0.3)
    hue = np.array([0.5, 0.38, 0.22]) if rng.random() < 0.5 else np.full(3, 0.5)
    return Material(_vary(rng, hue * rng.uniform(0.15, 1.6)), 0.0, 2, 0.0, False)


def _vary(rng: np.random.Generator, color: np.ndarray) -> np.ndarray:
    shade = color * rng.uniform(0.75, 1.2) * rng.uniform(0.92, 1.08, 3)
    return np.clip(shade, 0.01, 0.95).astype(np.float32)
