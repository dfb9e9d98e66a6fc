"""Coil spring from the side: compression (open pitch) or extension (closed pitch, hooks)."""

import numpy as np

from ..relief import Relief, cover, path_distance, tube


def spring(rng: np.random.Generator) -> Relief:
    radius = rng.uniform(0.2, 0.38)
    wire = rng.uniform(0.028, 0.055)
    hooks = rng.random() < 0.35
    reach = 0.9 - wire - (radius * 0.9 if hooks else 0)
    pitch = wire * rng.uniform(2.2, 2.6) if hooks else wire * rng.uniform(3.2, 6.5)
    turns = max(4, int(2 * reach / pitch))
    taper = rng.uniform(0.5, 0.8) if rng.random() < 0.15 else 1.0

    front = _half_turns(turns, reach, radius, taper, front=True)
    back = _half_turns(turns, reach, radius, taper, front=False)
    d_front, d_back = path_distance(front), path_distance(back)
    if hooks:
        for side in (-1, 1):
            d_front = np.minimum(d_front, path_distance(_hook(side, reach, radius)))
    near = tube(d_front, wire)
    height = np.where(d_front < wire, near + radius, tube(d_back, wire))
    tone = np.where(d_front < wire, 1.0, 0.55).astype(np.float32)
    return Relief(cover(np.minimum(d_front, d_back) - wire), height, tone=tone)


def _half_turns(turns: int, reach: float, radius: float, taper: float, front: bool) -> np.ndarray:
    """Visible halves of the helix as one polyline; the jumps between halves run along the edge, which hides them."""
    t = np.linspace(0, turns, turns * 40 + 1)
    phase = np.mod(t, 1)
    keep = phase <= 0.5 if front else phase >= 0.5
    x = -reach + 2 * reach * t / turns
    y = radius * np.cos(2 * np.pi * t) * (1 + (taper - 1) * t / turns)
    # The other half stays at its nearest end, so the line never crosses the coil.
    hold = np.where(keep, np.arange(t.size), 0)
    hold = np.maximum.accumulate(hold)
    return np.stack([x[hold], y[hold]], 1)


def _hook(side: int, reach: float, radius: float) -> np.ndarray:
    a = np.linspace(0.15, 1.75, 40) * np.pi
    size = radius * 0.55
    return np.stack([side * (reach + size * 0.6 + size * np.sin(a - 0.45 * np.pi) * 0.9), size * np.cos(a)], 1)
