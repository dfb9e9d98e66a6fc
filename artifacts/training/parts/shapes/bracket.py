"""Sheet-metal bracket seen from above: L, T, gusset or U, with holes and slots."""

import numpy as np

from ..relief import Relief, X, bevel, box, circle, cover, polygon


def bracket(rng: np.random.Generator) -> Relief:
    kind = rng.choice(["L", "L", "T", "gusset", "U"])
    width = rng.uniform(0.17, 0.26)
    arm = rng.uniform(0.5, 0.84)
    edge = 0.84
    if kind == "L":
        sdf = np.minimum(box(-edge + width, 0, width, edge, 0.05), box(-edge + arm, edge - width, arm, width, 0.05))
        holes = [(-edge + width, -edge + width * 1.1), (-edge + width, 0.1), (-edge + 2 * arm - width * 1.1, edge - width)]
    elif kind == "T":
        sdf = np.minimum(box(0, edge - width, edge, width, 0.05), box(0, edge - arm, width, arm, 0.05))
        holes = [(-edge + width * 1.2, edge - width), (edge - width * 1.2, edge - width), (0, edge - 2 * arm + width * 1.2)]
    elif kind == "U":
        sdf = np.minimum(box(0, edge - width, edge, width, 0.06), box(-edge + width, edge - arm, width, arm, 0.06))
        sdf = np.minimum(sdf, box(edge - width, edge - arm, width, arm, 0.06))
        end = edge - 2 * arm + width * 1.1
        holes = [(-edge + width, end), (edge - width, end), (0, edge - width)]
    else:
        cut = rng.uniform(0.2, 0.5)
        sdf = polygon(np.array([[-edge, -edge], [-edge + cut, -edge], [edge, edge - cut], [edge, edge], [-edge, edge]]))
        holes = [(-edge + 0.25, -edge + 0.35), (edge - 0.35, edge - 0.25), (-edge + 0.35, edge - 0.35)]

    size = width * rng.uniform(0.32, 0.55)
    for x, y in holes:
        slot = rng.random() < 0.25
        hole = box(x, y, size * 1.5, size * 0.7, size * 0.7) if slot else circle(size, x, y)
        sdf = np.maximum(sdf, -hole)
    height = bevel(sdf, 0.02)
    if rng.random() < 0.6:  # a pressed rib or a fold along one leg
        height = height + bevel(box(-edge + width, 0.25, width * 0.25, 0.3, 0.04), 0.06)
    tone = None
    if rng.random() < 0.5:  # the bent-up flange catches other light than the base
        fold = cover(-edge + 2 * width * rng.uniform(0.3, 0.5) - X)
        tone = (1 - 0.45 * fold).astype(np.float32)
    return Relief(cover(sdf), height, thickness=rng.uniform(0.03, 0.1), tone=tone)

