"""From a sprite to pixels of a scene: rotate, scale, foreshorten, extrude, shade."""

from dataclasses import dataclass

import cv2
import numpy as np

from .lighting import Lighting, shade
from .materials import Material
from .relief import STORE_PX
from .sprite import Sprite


@dataclass(frozen=True)
class Patch:
    """A shaded part in its own small rectangle; `lift` is its height over the belt in pixels."""

    label: str | None
    color: np.ndarray
    alpha: np.ndarray
    lift: float


def make_patch(
    rng: np.random.Generator, sprite: Sprite, size: float, squash: float, light: Lighting, material: Material, second: Material
) -> Patch:
    """`size` is the long side in pixels, `squash` the cosine of the camera's tilt (it compresses y)."""
    matrix, side = _affine(rng, size, squash)
    flags = cv2.INTER_AREA if size < STORE_PX / 2 else cv2.INTER_LINEAR
    layers = sprite.layers
    if size < STORE_PX / 2:  # average first: warpAffine alone would alias
        step = int(STORE_PX / size)
        layers = cv2.resize(layers, None, fx=1 / step, fy=1 / step, interpolation=flags)
        matrix = matrix @ np.diag([step, step, 1.0])
    warped = cv2.warpAffine(layers, matrix[:2], side, flags=cv2.INTER_LINEAR)
    alpha, nx0, ny0, tone, mix = np.moveaxis(warped, -1, 0)
    linear = matrix[:2, :2]
    turn = (linear / np.sqrt(abs(np.linalg.det(linear)))).astype(np.float32)
    nx, ny = turn[0, 0] * nx0 + turn[0, 1] * ny0, turn[1, 0] * nx0 + turn[1, 1] * ny0
    norm = np.maximum(1, np.hypot(nx, ny) / 0.97)
    nx, ny = nx / norm, ny / norm

    state = rng.integers(2**32)  # both materials share the dirt
    color = shade(np.random.default_rng(state), light, material, nx, ny, tone)
    if mix.max() > 0.5:
        other = shade(np.random.default_rng(state), light, second, nx, ny, tone)
        color += np.minimum(mix, 1)[..., None] * (other - color)

    wall = sprite.thickness * size / 2 * np.sqrt(max(0.0, 1 - squash**2))
    lift = max(sprite.thickness, 0.12) * size / 2
    if wall >= 1.5:
        color, alpha = _extrude(rng, color, alpha, wall, light, material)
    return Patch(sprite.label, color, np.clip(alpha, 0, 1), lift)


def _affine(rng: np.random.Generator, size: float, squash: float) -> tuple[np.ndarray, tuple[int, int]]:
    angle = rng.uniform(0, 2 * np.pi)
    scale = size / (0.9 * STORE_PX)
    flip = rng.choice([-1.0, 1.0])
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    linear = np.array([[c * flip, -s], [s * flip * squash, c * squash]])
    reach = np.abs(linear).sum(1) * STORE_PX * 0.5
    half = np.minimum(np.ceil(reach), np.ceil(size * 0.75)).astype(int) + 2
    center = np.array([STORE_PX / 2, STORE_PX / 2])
    offset = half - linear @ center
    matrix = np.vstack([np.column_stack([linear, offset]), [0, 0, 1]])
    return matrix, (int(2 * half[0]), int(2 * half[1]))


def _extrude(
    rng: np.random.Generator, color: np.ndarray, alpha: np.ndarray, wall: float, light: Lighting, material: Material
) -> tuple[np.ndarray, np.ndarray]:
    """Side wall below the top face: the outline swept down the picture, lit as a surface that faces the viewer."""
    steps = int(round(wall))
    height, width = alpha.shape
    top = np.zeros((height + steps, width), np.float32)
    top[:height] = alpha
    swept = cv2.dilate(top, np.ones((steps + 1, 1), np.uint8), anchor=(0, steps))
    # Horizontal facing of the wall: where the outline runs vertically the wall turns sideways.
    facing = cv2.Sobel(cv2.GaussianBlur(swept, (0, 0), 2), cv2.CV_32F, 1, 0, ksize=3)
    nx = np.clip(-facing * 1.2, -0.7, 0.7)
    ny = np.full_like(nx, 0.65)
    side = shade(rng, light, material, nx, ny, np.full_like(nx, 0.6))
    cover = top[..., None]
    face = np.zeros_like(side)
    face[:height] = color
    return face * cover + side * (1 - cover), swept
