"""Spur gear: trapezoid teeth, bore, and the weight-saving features that gears come with."""

import numpy as np

from ..relief import Relief, X, Y, bevel, box, circle, cover, polygon


def gear(rng: np.random.Generator) -> Relief:
    teeth = int(rng.integers(9, 33))
    outer = 0.9
    root = outer * (1 - min(0.24, rng.uniform(2.4, 4.0) / teeth))
    sdf = polygon(_tooth_outline(teeth, outer, root, rng.uniform(0.35, 0.6)))
    bore = rng.uniform(0.1, 0.3) * root
    sdf = np.maximum(sdf, -circle(bore))
    if rng.random() < 0.4:
        sdf = np.maximum(sdf, -box(0, -bore, bore * 0.28, bore * 0.35))  # keyway

    height = bevel(sdf, rng.uniform(0.015, 0.04))
    hub, rim = bore + rng.uniform(0.1, 0.2), root - rng.uniform(0.08, 0.16)
    web = np.maximum(circle(rim), -circle(hub))
    style = rng.choice(["plain", "recess", "holes", "spokes"]) if rim - hub > 0.15 else "plain"
    if style == "recess":
        height = height - bevel(web, 0.05) * 1.5
    elif style in ("holes", "spokes"):
        count = int(rng.integers(3, 7))
        middle, reach = (rim + hub) / 2, (rim - hub) / 2
        if style == "holes":
            size = min(reach * 0.8, middle * np.sin(np.pi / count) * 0.75)
            for k in range(count):
                a = 2 * np.pi * k / count
                sdf = np.maximum(sdf, -circle(size, middle * np.cos(a), middle * np.sin(a)))
        else:
            sdf = np.maximum(sdf, -_between_spokes(count, web, rng.uniform(0.06, 0.12)))
        height = bevel(sdf, 0.03)
    return Relief(cover(sdf), height, thickness=rng.uniform(0.1, 0.3))


def _tooth_outline(teeth: int, outer: float, root: float, land: float) -> np.ndarray:
    """Four corners per tooth; `land` is the width of the tip relative to that of the foot."""
    pitch = 2 * np.pi / teeth
    foot, tip = pitch * 0.32, pitch * 0.32 * land
    start = np.arange(teeth)[:, None] * pitch
    angle = (start + np.array([-foot, -tip, tip, foot])).ravel()
    radius = np.tile([root, outer, outer, root], teeth)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def _between_spokes(count: int, web: np.ndarray, half_width: float) -> np.ndarray:
    step = 2 * np.pi / count
    folded = np.mod(np.arctan2(Y, X), step) - step / 2
    to_spoke = half_width - np.hypot(X, Y) * np.sin(step / 2 - np.abs(folded))
    return np.maximum(web, to_spoke)
