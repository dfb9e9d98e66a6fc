"""One part filling most of the picture: what the classifier is asked about."""

import numpy as np

from .camera import photograph
from .classes import CLASSES
from .scene import empty_stage, random_patch
from .sprite import SpriteBank

SIZES: tuple[tuple[int, int], ...] = ((480, 360), (320, 320), (400, 300), (640, 480), (300, 400), (640, 360))


def render_closeup(
    rng: np.random.Generator, bank: SpriteBank, label: str, size: tuple[int, int] | None = None
) -> np.ndarray:
    """BGR picture with `label` on top; neighbors and clutter may look in from the borders."""
    width, height = SIZES[rng.integers(len(SIZES))] if size is None else size
    stage = empty_stage(rng, width, height)
    unit = min(width, height) * rng.uniform(0.42, 0.82)
    for _ in range(int(rng.choice([0, 0, 1, 2]))):
        kind = None if rng.random() < 0.6 else str(rng.choice(CLASSES))
        patch = random_patch(rng, stage, bank, kind, unit * 0.7)
        ph, pw = patch.alpha.shape
        angle = rng.uniform(0, 2 * np.pi)
        x = width / 2 + np.cos(angle) * width * 0.55 - pw / 2
        y = height / 2 + np.sin(angle) * height * 0.55 - ph / 2
        stage.try_place(patch, int(x), int(y), inside=0.0)
    stage.labels = [None] * len(stage.labels)  # neighbors may be covered at will
    while True:
        patch = random_patch(rng, stage, bank, label, unit)
        ph, pw = patch.alpha.shape
        x, y = (width - pw) / 2 + rng.normal(0, width * 0.05), (height - ph) / 2 + rng.normal(0, height * 0.05)
        if stage.try_place(patch, int(x), int(y), inside=0.8):
            return photograph(rng, stage.color)
