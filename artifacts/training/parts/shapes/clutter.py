"""Things that are not parts. They make the networks look at shape rather than at mere contrast."""

from collections.abc import Callable

import numpy as np

from ..relief import Relief, X, Y, bevel, box, circle, cover, path_distance, polygon, regular_polygon, tube


def pebble(rng: np.random.Generator) -> Relief:
    """Slag, stone or crumb: a lumpy closed curve."""
    a = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = 0.65 + sum(rng.uniform(-0.16, 0.16) / k * np.sin(k * a + rng.uniform(0, 6)) for k in range(1, 7))
    sdf = polygon(np.stack([radius * np.cos(a), radius * np.sin(a) * rng.uniform(0.5, 1)], 1))
    return Relief(cover(sdf), bevel(sdf, 0.4))


def scrap(rng: np.random.Generator) -> Relief:
    """A torn piece of paper or foil."""
    a = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 9))))
    radius = rng.uniform(0.5, 0.9, a.size)
    sdf = polygon(np.stack([radius * np.cos(a), radius * np.sin(a)], 1))
    fold = np.abs(X * rng.uniform(-1, 1) + Y + rng.uniform(-0.3, 0.3))
    return Relief(cover(sdf), 0.12 * fold, tone=np.ones_like(fold))


def wire_end(rng: np.random.Generator) -> Relief:
    """A bent cut-off of cable."""
    knots = rng.uniform(-0.8, 0.8, (4, 2))
    t = np.linspace(0, 1, 60)[:, None]
    path = (1 - t) ** 3 * knots[0] + 3 * t * (1 - t) ** 2 * knots[1] + 3 * t**2 * (1 - t) * knots[2] + t**3 * knots[3]
    distance, radius = path_distance(path.astype(np.float32)), rng.uniform(0.03, 0.07)
    return Relief(cover(distance - radius), tube(distance, radius))


def dowel(rng: np.random.Generator) -> Relief:
    """Plain pin: a bolt's shank with neither head nor thread."""
    half = rng.uniform(0.08, 0.2)
    sdf = box(0, 0, 0.9, half, half * 0.4)
    return Relief(cover(sdf), np.sqrt(np.maximum(0, half**2 - Y**2)))


def disc(rng: np.random.Generator) -> Relief:
    """Blank or cap: round like a washer, but without a hole."""
    sdf = circle(0.88)
    height = bevel(sdf, 0.05)
    if rng.random() < 0.5:
        height = height - bevel(circle(rng.uniform(0.4, 0.75)), 0.04)
    return Relief(cover(sdf), height, thickness=rng.uniform(0.03, 0.2))


def plate(rng: np.random.Generator) -> Relief:
    """Polygonal blank: a nut or a bracket without holes."""
    sides = int(rng.choice([3, 4, 5, 8]))
    sdf = regular_polygon(sides, 0.6) if rng.random() < 0.5 else box(0, 0, 0.85, rng.uniform(0.3, 0.8), 0.05)
    return Relief(cover(sdf), bevel(sdf, 0.03), thickness=rng.uniform(0.03, 0.2))


def swarf(rng: np.random.Generator) -> Relief:
    """Curl from a lathe: a flat spiral."""
    t = np.linspace(0, rng.uniform(2, 4), 160)
    radius = 0.15 + 0.7 * t / t[-1]
    path = np.stack([radius * np.cos(2 * np.pi * t), radius * np.sin(2 * np.pi * t) * rng.uniform(0.5, 1)], 1)
    distance = path_distance(path.astype(np.float32))
    return Relief(cover(distance - 0.03), tube(distance, 0.03))


def leaf(rng: np.random.Generator) -> Relief:
    width = rng.uniform(0.25, 0.45) * np.maximum(0, 1 - X**2 * 1.25)
    sdf = np.abs(Y - 0.1 * np.sin(X * 3)) - width
    return Relief(cover(sdf * 0.8), 0.1 * np.abs(Y) - 0.08 * np.maximum(0, 0.03 - np.abs(Y - 0.1 * np.sin(X * 3))) / 0.03)


CLUTTER: tuple[Callable[[np.random.Generator], Relief], ...] = (
    pebble, scrap, wire_end, dowel, disc, plate, swarf, leaf,
)
