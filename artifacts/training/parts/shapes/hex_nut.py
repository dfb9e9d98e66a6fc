"""Hexagon nut: chamfered corners, threaded bore; sometimes a flange or a nylon insert."""

import numpy as np

from ..relief import Relief, X, Y, bevel, circle, cover, regular_polygon


def hex_nut(rng: np.random.Generator) -> Relief:
    flats = 0.78
    bore = flats * rng.uniform(0.48, 0.64)
    kind = rng.choice(["plain", "plain", "flange", "nylon"])
    radius = np.hypot(X, Y)

    size = flats * (0.8 if kind == "flange" else 1.0)
    bore *= size / flats
    hexagon = regular_polygon(6, size)
    height = bevel(hexagon, 0.03) - np.maximum(0, radius - size * 0.97) * rng.uniform(0.5, 1.0)
    outline, second = hexagon, None
    if kind == "flange":
        outline = circle(flats * 1.12)
        height = np.where(hexagon < 0, height + 0.15, bevel(outline, 0.06) + radius * -0.1)
    if kind == "nylon":
        insert = np.maximum(circle(bore + 0.17), -circle(bore))
        second = cover(insert)
        height = height + bevel(circle(bore + 0.2), 0.08)

    sdf = np.maximum(outline, -circle(bore * 0.86))
    thread = np.clip((bore - radius) / (bore * 0.14), 0, 1)  # flank of the thread seen inside the bore
    height = height - thread * 0.12
    rings = 0.75 + 0.25 * np.sin(radius / bore * 60)
    tone = 1 - thread * (1 - 0.45 * rings)
    return Relief(cover(sdf), height, thickness=rng.uniform(0.2, 0.45), tone=tone, second=second)
