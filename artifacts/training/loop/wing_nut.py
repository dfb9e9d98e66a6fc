"""Wing nut: a hub with a threaded hole and two wings. A part that the sample models have never seen."""

import numpy as np

from parts.relief import Relief, X, Y, bevel, circle, cover


def wing_nut(rng: np.random.Generator) -> Relief:
    hub, hole = rng.uniform(0.26, 0.34), rng.uniform(0.12, 0.17)
    reach, lift, size = rng.uniform(0.5, 0.6), rng.uniform(0.02, 0.12), rng.uniform(0.26, 0.34)
    wings = np.minimum(_wing(reach, lift, size), _wing(-reach, lift, size))
    body = np.minimum(circle(hub), wings)
    outline = np.maximum(body, -circle(hole))
    height = np.maximum(bevel(circle(hub), 0.16) + 0.1 * (circle(hub) < 0), bevel(wings, 0.1))
    tone = np.where(circle(hole + 0.03) < 0, 0.55, 1.0).astype(np.float32)
    return Relief(cover(outline), height, thickness=rng.uniform(0.06, 0.14), tone=tone)


def _wing(reach: float, lift: float, size: float) -> np.ndarray:
    """A rounded lobe, and the neck that ties it to the hub."""
    lobe = np.hypot((X - reach) / 1.15, (Y + lift) / 0.85) - size * 0.9
    neck = np.maximum(np.abs(Y + lift * X / reach) - size * 0.42, np.abs(X - reach / 2) - abs(reach) / 2)
    return np.minimum(lobe, neck)
