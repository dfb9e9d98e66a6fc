"""Contact sheet of the generator: python preview.py scenes|closeups OUT.jpg [SEED]."""

import sys

import cv2
import numpy as np

from parts.classes import CLASSES
from parts.closeup import render_closeup
from parts.scene import render_scene
from parts.sprite import make_bank


def sheet(kind: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    bank = make_bank(rng, per_class=4)
    tiles = []
    for index in range(12 if kind == "scenes" else 24):
        if kind == "scenes":
            scene = render_scene(rng, bank)
            image = scene.image
            height, width = image.shape[:2]
            for label, (x0, y0, x1, y1) in scene.objects:
                a, b = (int(x0 * width), int(y0 * height)), (int(x1 * width), int(y1 * height))
                cv2.rectangle(image, a, b, (0, 255, 255), 2)
                cv2.putText(image, label, a, cv2.FONT_HERSHEY_SIMPLEX, width / 1100, (0, 255, 0), 2)
        else:
            image = render_closeup(rng, bank, CLASSES[index % len(CLASSES)])
        tiles.append(cv2.resize(image, (480, 360) if kind == "scenes" else (240, 240), interpolation=cv2.INTER_AREA))
    columns = 4 if kind == "scenes" else 8
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


if __name__ == "__main__":
    cv2.imwrite(sys.argv[2], sheet(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 1))
