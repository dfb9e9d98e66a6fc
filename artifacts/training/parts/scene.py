"""Composes a conveyor scene: ground, shadows, overlapping parts and clutter, with ground truth."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from .belts import light_field, random_belt
from .camera import photograph
from .classes import CLASSES, RELATIVE_SIZE
from .lighting import Lighting, random_lighting
from .materials import clutter_material, random_material
from .placement import Patch, make_patch
from .sprite import SpriteBank

SIZES: tuple[tuple[int, int], ...] = (
    (640, 480), (640, 480), (800, 600), (1024, 768), (960, 540), (1280, 720), (640, 640), (480, 640),
)
_TRIES = 8


@dataclass(frozen=True)
class Demand:
    """How hard scenes may be."""

    unit: tuple[float, float]
    """Range of the size of a part of relative size 1, as a share of the picture's short side."""
    least_visible: float
    """A part that is hidden or cut off more than this would be unfair to ask for, so no scene contains one."""


# Training goes further than what is asked for: smaller, and hidden more.
TRAINING = Demand(unit=(0.124, 0.34), least_visible=0.6)
ASKED = Demand(unit=(0.17, 0.36), least_visible=0.7)


@dataclass(frozen=True)
class Scene:
    image: np.ndarray
    """BGR uint8, before JPEG."""
    objects: list[tuple[str, tuple[float, float, float, float]]]
    """Label and x0, y0, x1, y1 in 0..1 of the visible pixels."""
    parts: np.ndarray
    """Which object each pixel shows: 0 for none, else its place in `objects` from 1."""


@dataclass
class Stage:
    """The picture while parts are laid down; `owner` holds the index of the topmost part per pixel."""

    color: np.ndarray
    light: Lighting
    squash: float
    least_visible: float = 0.0
    owner: np.ndarray = field(init=False)
    labels: list[str | None] = field(default_factory=list)
    areas: list[int] = field(default_factory=list)
    """Pixels of the whole outline, hidden ones included."""

    def __post_init__(self) -> None:
        self.owner = np.full(self.color.shape[:2], -1, np.int16)

    def try_place(self, patch: Patch, x: int, y: int, inside: float | None = None) -> bool:
        """Lays the patch with its top left corner at x, y unless it, or one below it, would be too hidden.

        `inside` is the least share within the picture, if that differs from the stage's `least_visible`.
        """
        height, width = self.owner.shape
        ph, pw = patch.alpha.shape
        x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + pw), min(height, y + ph)
        solid = patch.alpha > 0.5
        area = int(solid.sum())
        if x1 <= x0 or y1 <= y0 or area < 60:
            return False
        inner = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
        target = (slice(y0, y1), slice(x0, x1))
        mask = solid[inner]
        if mask.sum() < area * (self.least_visible if inside is None else inside):
            return False
        covered = np.bincount(self.owner[target][mask] + 1, minlength=len(self.areas) + 1)[1:]
        for index in np.nonzero(covered)[0]:
            left = np.count_nonzero(self.owner == index) - covered[index]
            if self.labels[index] is not None and left < self.areas[index] * self.least_visible:
                return False

        self._cast_shadow(patch, x, y)
        alpha = patch.alpha[inner][..., None]
        self.color[target] = self.color[target] * (1 - alpha) + patch.color[inner] * alpha
        self.owner[target][mask] = len(self.areas)
        self.labels.append(patch.label)
        self.areas.append(area)
        return True

    def _cast_shadow(self, patch: Patch, x: int, y: int) -> None:
        """Key-light shadow away from the light, plus the dark seam where the part touches the ground."""
        direction = self.light.direction
        length = patch.lift * np.hypot(direction[0], direction[1]) / max(direction[2], 0.3)
        shift = -direction[:2] / max(np.hypot(direction[0], direction[1]), 1e-3) * length
        soft = max(1.0, patch.lift * (0.9 - 0.6 * self.light.hardness))
        pad = int(soft * 3 + abs(length)) + 4
        base = cv2.copyMakeBorder(patch.alpha, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
        moved = cv2.warpAffine(base, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), base.shape[::-1])
        moved = np.maximum(moved, cv2.warpAffine(base, np.array([[1, 0, shift[0] / 2], [0, 1, shift[1] / 2]]), base.shape[::-1]))
        dark = cv2.GaussianBlur(moved, (0, 0), soft) * (0.25 + 0.5 * self.light.hardness)
        seam = cv2.GaussianBlur(base, (0, 0), max(1.0, patch.lift * 0.35)) * 0.45
        factor = (1 - dark) * (1 - seam)
        height, width = self.owner.shape
        x, y = x - pad, y - pad
        x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + base.shape[1]), min(height, y + base.shape[0])
        if x1 > x0 and y1 > y0:
            self.color[y0:y1, x0:x1] *= factor[y0 - y : y1 - y, x0 - x : x1 - x, None]

    def ground_truth(self) -> list[tuple[str, tuple[float, float, float, float]]]:
        height, width = self.owner.shape
        found = []
        for index, label in enumerate(self.labels):
            if label is None:
                continue
            ys, xs = np.nonzero(self.owner == index)
            found.append((label, (xs.min() / width, ys.min() / height, (xs.max() + 1) / width, (ys.max() + 1) / height)))
        return found

    def part_map(self) -> np.ndarray:
        """The visible pixels, with the numbers of `ground_truth` from 1."""
        numbers, asked = np.zeros(len(self.labels) + 1, np.uint8), 0
        for index, label in enumerate(self.labels):
            if label is not None:
                numbers[index + 1] = asked = asked + 1
        return numbers[self.owner + 1]


def empty_stage(rng: np.random.Generator, width: int, height: int, least_visible: float = 0.0) -> Stage:
    light = random_lighting(rng)
    glow = light_field(rng, height, width)[..., None] * (light.ambient + light.key * light.direction[2])
    return Stage(random_belt(rng, height, width) * glow, light, float(rng.uniform(0.72, 1.0)), least_visible)


def random_patch(rng: np.random.Generator, stage: Stage, bank: SpriteBank, label: str | None, unit: float) -> Patch:
    """`unit` is the size in pixels of a part of relative size 1."""
    if label is None:
        sprite, relative, material = bank.clutter[rng.integers(len(bank.clutter))], rng.uniform(0.4, 1.0), clutter_material(rng)
    else:
        sprites = bank.parts[label]
        sprite, relative, material = sprites[rng.integers(len(sprites))], RELATIVE_SIZE[label], random_material(rng)
    size = unit * relative * rng.uniform(0.8, 1.25)
    return make_patch(rng, sprite, size, stage.squash, stage.light, material, random_material(rng, plastic_share=0.8))


def render_scene(
    rng: np.random.Generator, bank: SpriteBank, demand: Demand = ASKED, size: tuple[int, int] | None = None, pile: bool = False
) -> Scene:
    """`pile`: parts lie on one another in any case."""
    width, height = SIZES[rng.integers(len(SIZES))] if size is None else size
    stage = empty_stage(rng, width, height, demand.least_visible)
    unit = min(width, height) * float(np.exp(rng.uniform(*np.log(demand.unit))))
    most = float(np.clip((width * height) / (unit * 1.6) ** 2, 2, 14))
    parts, clutter = int(rng.integers(2, int(most) + 3)), int(rng.integers(0, 6))
    kinds: list[str | None] = [str(rng.choice(CLASSES)) for _ in range(parts)] + [None] * clutter
    rng.shuffle(kinds)
    pile = rng.random() < 0.35 or pile
    middle = rng.uniform(0.3, 0.7, 2) * (width, height)
    for kind in kinds:
        patch = random_patch(rng, stage, bank, kind, unit)
        ph, pw = patch.alpha.shape
        for _ in range(_TRIES):
            spread = rng.normal(middle, unit * 1.3) if pile else rng.uniform(0, 1, 2) * (width, height)
            if stage.try_place(patch, int(spread[0] - pw / 2), int(spread[1] - ph / 2)):
                break
    return Scene(photograph(rng, stage.color), stage.ground_truth(), stage.part_map())
