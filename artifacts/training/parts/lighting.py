"""One light set-up per scene: a key light, soft boxes seen in reflections, ambient light.

Reflections use a small picture of the surroundings indexed by the surface normal (a "matcap"):
it costs one look-up per pixel and makes flat metal look like metal.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .materials import Material
from .noise import fractal, streaks

_MAP_PX = 64
_RUST = np.array([0.21, 0.085, 0.035], np.float32)


@dataclass(frozen=True)
class Lighting:
    direction: np.ndarray
    """Unit vector towards the key light; x right, y down, z up from the belt."""
    key: float
    ambient: float
    surroundings: tuple[np.ndarray, ...]
    """Matcaps from polished to dull."""
    hardness: float
    """1: sharp dark shadows; 0: overcast."""


def random_lighting(rng: np.random.Generator) -> Lighting:
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.3)
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    hardness = float(rng.uniform(0.2, 1))
    key = float(rng.uniform(0.5, 1.1) * (0.5 + 0.5 * hardness))
    ambient = float(rng.uniform(0.25, 0.6) * (1.3 - 0.6 * hardness))
    sharp = _surroundings(rng, direction)
    blurred = tuple(cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in (1.2, 3.5, 7.0))
    return Lighting(direction.astype(np.float32), key, ambient, blurred, hardness)


def _surroundings(rng: np.random.Generator, light: np.ndarray) -> np.ndarray:
    """Ceiling with lamps. The half vector towards the key light is where its reflection sits."""
    axis = np.linspace(-1, 1, _MAP_PX, dtype=np.float32)
    nx, ny = np.meshgrid(axis, axis)
    room = 0.35 + 0.25 * (nx * rng.uniform(-1, 1) + ny * rng.uniform(-1, 1)) - 0.18 * (nx**2 + ny**2)
    room += 0.12 * fractal(rng, _MAP_PX, _MAP_PX, zoom=2, smooth=6)
    half = (light + np.array([0, 0, 1])) / np.linalg.norm(light + np.array([0, 0, 1]))
    room += rng.uniform(0.8, 2.0) * np.exp(-((nx - half[0]) ** 2 + (ny - half[1]) ** 2) / rng.uniform(0.01, 0.05))
    for _ in range(int(rng.integers(1, 4))):  # soft boxes and strip lamps
        x, y, a = rng.uniform(-0.7, 0.7, 3)
        u, v = (nx - x) * np.cos(a * 4) + (ny - y) * np.sin(a * 4), (ny - y) * np.cos(a * 4) - (nx - x) * np.sin(a * 4)
        room += rng.uniform(0.3, 1.0) * np.exp(-((u / rng.uniform(0.1, 0.5)) ** 4) - (v / rng.uniform(0.05, 0.2)) ** 4)
    return np.clip(room, 0.03, 3).astype(np.float32)


def shade(
    rng: np.random.Generator, light: Lighting, material: Material, nx: np.ndarray, ny: np.ndarray, tone: np.ndarray
) -> np.ndarray:
    """Linear RGB of a surface from its normals (x and y components) and its tone."""
    height, width = nx.shape
    dirt = fractal(rng, height, width, zoom=float(rng.uniform(0.6, 2)))
    if material.brushed:
        scratch = streaks(rng, height, width, 15) * 0.05
        nx, ny = nx + scratch * rng.uniform(-1, 1), ny + scratch * rng.uniform(-1, 1)
    nx, ny = nx.astype(np.float32, copy=False), ny.astype(np.float32, copy=False)
    nz = np.sqrt(np.maximum(0.05, 1 - nx**2 - ny**2))
    lambert = np.maximum(0, nx * light.direction[0] + ny * light.direction[1] + nz * light.direction[2])
    diffuse = light.ambient * (0.55 + 0.45 * nz) + light.key * lambert

    scale = (_MAP_PX - 1) / 2
    surroundings = light.surroundings[material.gloss]
    mirror = cv2.remap(surroundings, (nx + 1) * scale, (ny + 1) * scale, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mirror = mirror * (light.ambient + light.key) * 0.75

    value = material.metallic * mirror + (1 - material.metallic) * diffuse
    color = (value * (1 + 0.06 * dirt))[..., None] * material.color
    if material.metallic < 0.5:  # clear coat
        color = color + (0.16 - 0.05 * material.gloss) * np.maximum(0, mirror - 0.35)[..., None]
    if material.rust > 0:
        spots = np.clip((dirt - (0.9 - 2.2 * material.rust)) * 1.6, 0, 1)[..., None]
        flakes = (0.75 + 0.3 * fractal(rng, height, width, smooth=1))[..., None]
        color = color * (1 - spots) + spots * diffuse[..., None] * _RUST * flakes * 1.3
    return np.maximum(color * tone[..., None], 0)
