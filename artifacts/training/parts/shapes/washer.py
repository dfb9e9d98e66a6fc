"""Washer: flat, domed, or a split spring washer with its slanted gap."""

import numpy as np

from ..relief import PIXEL, Relief, X, Y, bevel, circle, cover


def washer(rng: np.random.Generator) -> Relief:
    kind = rng.choice(["flat", "flat", "domed", "split"])
    outer = 0.88
    inner = outer * (rng.uniform(0.58, 0.7) if kind == "split" else rng.uniform(0.35, 0.66))
    ring = np.maximum(circle(outer), -circle(inner))
    height = bevel(ring, rng.uniform(0.015, 0.05))
    if kind == "domed":
        height = height - 0.25 * (np.hypot(X, Y) - inner)
    if kind == "split":
        slant = Y + (X - (outer + inner) / 2) * rng.uniform(0.3, 0.9)
        gap = np.maximum(np.abs(slant) - rng.uniform(0.02, 0.06), -X)
        ring = np.maximum(ring, -gap)
        height = bevel(ring, 0.03 + PIXEL)
    return Relief(cover(ring), height, thickness=rng.uniform(0.03, 0.12))
