"""An inspection station: one kind of gear, one belt, one lamp, one camera. Pictures of good parts differ as little as those of a real line."""

import cv2
import numpy as np

from .defects import DEFECTS
from .materials import Material
from .noise import grain
from .placement import make_patch
from .scene import Stage, empty_stage
from .shapes import SHAPES
from .sprite import make_sprite

SIZE = 320
_STATION = 20261127
"""Fixes gear, belt and light; each picture has a seed of its own."""
_SHARE = 0.74


class Station:
    def __init__(self) -> None:
        rng = np.random.default_rng(_STATION)
        self._empty = empty_stage(rng, SIZE, SIZE)
        self._gear = make_sprite("gear", SHAPES["gear"](rng))
        self._steel = Material(np.array([0.62, 0.62, 0.63], np.float32), 0.9, 1, 0.0, False)

    def picture(self, rng: np.random.Generator, defect: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """BGR picture of a gear in any turn, and a mask of its defect, 0 or 1."""
        stage = Stage(self._empty.color.copy(), self._empty.light, 1.0)
        patch = make_patch(rng, self._gear, SIZE * _SHARE * rng.uniform(0.985, 1.015), 1.0, stage.light, self._steel, self._steel)
        height, width = patch.alpha.shape
        dx, dy = rng.normal(0, 0.012, 2) * SIZE
        stage.try_place(patch, int((SIZE - width) / 2 + dx), int((SIZE - height) / 2 + dy))
        linear, changed = stage.color, np.zeros((SIZE, SIZE), np.float32)
        if defect is not None:
            linear, changed = DEFECTS[defect](rng, linear, self._empty.color, (stage.owner == 0).astype(np.float32))
        return _photograph(rng, linear), (changed > 0.3).astype(np.uint8)


def _photograph(rng: np.random.Generator, linear: np.ndarray) -> np.ndarray:
    """A fixed camera with fixed exposure: the light flickers, and the sensor has grain."""
    picture = cv2.GaussianBlur(linear.astype(np.float32), (0, 0), rng.uniform(0.45, 0.7)) * 2 ** rng.normal(0, 0.08)
    picture += grain(rng, SIZE, SIZE) * np.sqrt(np.maximum(picture, 0) + 0.02) * rng.uniform(0.004, 0.01)
    encoded = np.clip(picture, 0, 1) ** np.float32(1 / 2.2)
    return np.clip(encoded[..., ::-1] * 255 + 0.5, 0, 255).astype(np.uint8)
