"""Bolt lying on its side: hexagon or socket head, plain shank, rolled thread, chamfered end."""

import numpy as np

from ..relief import Relief, X, Y, bevel, box, cover

_END = 0.92


def bolt(rng: np.random.Generator) -> Relief:
    head_radius = rng.uniform(0.22, 0.42)
    shank_radius = head_radius * rng.uniform(0.48, 0.64)
    head_length = head_radius * rng.uniform(0.65, 1.1)
    head_end = -_END + head_length
    kind = rng.choice(["hex", "hex", "socket", "pan"])

    shank, shank_height = _shank(rng, head_end - 0.02, shank_radius)
    head = box((head_end - _END) / 2, 0, head_length / 2, head_radius, 0.02)
    if kind == "hex":
        head_height = _hex_side(head_radius) + bevel(head, 0.03)
    elif kind == "socket":
        knurl = 0.012 * np.sin(np.arcsin(np.clip(Y / head_radius, -1, 1)) * 40)
        head_height = np.sqrt(np.maximum(0, head_radius**2 - Y**2)) + knurl * (X < head_end - 0.04)
    else:
        dome = ((X - head_end) / head_length) ** 2 + (Y / head_radius) ** 2
        head = np.maximum((np.sqrt(dome) - 1) * head_length, X - head_end)
        head_height = head_radius * np.sqrt(np.maximum(0, 1 - dome))
    if rng.random() < 0.3:  # flange under the head
        flange = box(head_end, 0, 0.035, head_radius * 1.15, 0.02)
        flange_height = np.sqrt(np.maximum(0, (head_radius * 1.15) ** 2 - Y**2))
        head_height = np.where(flange < 0, flange_height, head_height)
        head = np.minimum(head, flange)

    sdf = np.minimum(shank, head)
    height = np.where(head < 0, head_height, shank_height)
    return Relief(cover(sdf), height)


def _shank(rng: np.random.Generator, start: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Cylinder whose radius ripples with the thread; the ripple is slanted by the helix angle."""
    thread_start = start + (_END - start) * rng.choice([0.02, 0.02, rng.uniform(0.2, 0.55)])
    pitch = radius * rng.uniform(0.28, 0.45)
    wave = np.abs(np.mod((X + Y * 0.12) / pitch, 1) * 2 - 1) * 2 - 1
    threaded = np.clip((X - thread_start) / 0.03, 0, 1)
    local = radius * (1 - 0.09 * threaded * (1 - wave))
    local = local - np.maximum(0, X - (_END - radius * 0.35)) * 0.8  # chamfer
    sdf = np.maximum(np.abs(Y) - local, np.maximum(X - _END, start - X))
    return sdf, np.sqrt(np.maximum(0, local**2 - Y**2))


def _hex_side(radius: float) -> np.ndarray:
    """Side view of a hexagon head: one flat faces up, two fall away at 60 degrees."""
    edge = radius * 0.5
    return radius * 0.866 - np.maximum(0, np.abs(Y) - edge) * 1.73
