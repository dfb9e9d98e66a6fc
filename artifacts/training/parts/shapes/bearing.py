"""Ball bearing seen from the front: two rings, and balls in a cage or a seal between them."""

import numpy as np

from ..relief import Relief, X, Y, bevel, circle, cover


def bearing(rng: np.random.Generator) -> Relief:
    outer = 0.88
    bore = outer * rng.uniform(0.34, 0.52)
    wall = (outer - bore) * rng.uniform(0.22, 0.3)
    race_in, race_out = bore + wall, outer - wall
    middle, reach = (race_in + race_out) / 2, (race_out - race_in) / 2

    ring = np.maximum(circle(outer), -circle(bore))
    track = np.maximum(circle(race_out), -circle(race_in))
    rings = np.maximum(ring, -track)
    height = bevel(rings, 0.03)
    kind = rng.choice(["open", "open", "seal", "shield"])
    if kind == "open":
        height, tone, second = _balls(rng, height, track, middle, reach)
    else:
        cap = np.maximum(circle(race_out - 0.01), -circle(race_in + 0.01))
        height = np.where(track < 0, bevel(cap, 0.03) - 0.03, height)
        tone = 1 - 0.6 * cover(np.abs(track) - 0.012)
        second = cover(cap) if kind == "seal" else None
    return Relief(cover(ring), height, thickness=rng.uniform(0.15, 0.35), tone=tone, second=second)


def _balls(
    rng: np.random.Generator, height: np.ndarray, track: np.ndarray, middle: float, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    size = reach * 1.05
    most = int(np.pi * middle / size)
    count = int(rng.integers(max(5, most * 2 // 3), max(6, most + 1)))
    angle = np.mod(np.arctan2(Y, X), 2 * np.pi / count) - np.pi / count
    radius = np.hypot(X, Y)
    distance = np.hypot(radius * np.cos(angle) - middle, radius * np.sin(angle))
    ball = np.sqrt(np.maximum(0, size**2 - distance**2))
    inside = track < 0
    height = np.where(inside, ball, height)
    tone = np.where(inside & (distance > size), 0.18, 1.0)
    second = None
    if rng.random() < 0.5:  # cage: a band over the middle of the balls' circle
        cage = inside & (np.abs(radius - middle) < reach * 0.42) & (distance > size * 0.72)
        height = np.where(cage, size * 0.6, height)
        tone = np.where(cage, 0.85, tone)
        second = cage.astype(np.float32)
    return height, tone.astype(np.float32), second
