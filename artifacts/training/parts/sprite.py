"""A relief reduced to the storage size, with its normal map: what scenes are composed of."""

from dataclasses import dataclass

import cv2
import numpy as np

from .relief import DRAW_PX, STORE_PX, Relief
from .shapes import SHAPES
from .shapes.clutter import CLUTTER


@dataclass(frozen=True)
class Sprite:
    label: str | None
    """None for clutter."""
    layers: np.ndarray
    """STORE_PX x STORE_PX x 5: alpha, normal x, normal y, tone, second material."""
    thickness: float


def make_sprite(label: str | None, relief: Relief) -> Sprite:
    # Normals come from the smoothed height: raw steps at outlines would be single bright pixels.
    height = cv2.GaussianBlur(relief.height.astype(np.float32), (0, 0), 1.5) * (DRAW_PX / 2)
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    length = np.sqrt(dx**2 + dy**2 + 1)
    ones = np.ones_like(height)
    layers = np.stack(
        [
            relief.alpha,
            -dx / length,
            -dy / length,
            ones if relief.tone is None else relief.tone,
            0 * ones if relief.second is None else relief.second,
        ],
        axis=-1,
    ).astype(np.float32)
    small = cv2.resize(layers, (STORE_PX, STORE_PX), interpolation=cv2.INTER_AREA)
    return Sprite(label, small, relief.thickness)


@dataclass(frozen=True)
class SpriteBank:
    parts: dict[str, list[Sprite]]
    clutter: list[Sprite]


def make_bank(rng: np.random.Generator, per_class: int) -> SpriteBank:
    """Fresh shapes; every shard of the data set has its own, so test shapes are unseen in training."""
    parts = {label: [make_sprite(label, shape(rng)) for _ in range(per_class)] for label, shape in SHAPES.items()}
    return SpriteBank(parts, [make_sprite(None, shape(rng)) for shape in CLUTTER])
