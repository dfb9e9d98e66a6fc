"""Defects of a gear: each defect changes the picture of a good one and tells which pixels it changed."""

from collections.abc import Callable

import cv2
import numpy as np

from .noise import fractal

Changed = tuple[np.ndarray, np.ndarray]
"""Linear RGB, and 0..1 where the defect lies."""
Defect = Callable[[np.random.Generator, np.ndarray, np.ndarray, np.ndarray], Changed]
"""Of the generator of random numbers, the picture, the empty belt under it, and 1 where the part lies."""


def broken_tooth(rng: np.random.Generator, picture: np.ndarray, belt: np.ndarray, part: np.ndarray) -> Changed:
    """A bite out of the rim, where a tooth was."""
    ys, xs = np.nonzero(part)
    distance = np.hypot(xs - xs.mean(), ys - ys.mean())
    tips = np.flatnonzero(distance > 0.95 * distance.max())
    at = tips[rng.integers(len(tips))]
    hole = _disc(part.shape, xs[at], ys[at], distance.max() * rng.uniform(0.11, 0.18)) * part
    return picture * (1 - hole[..., None]) + belt * hole[..., None], hole


def scratch(rng: np.random.Generator, picture: np.ndarray, belt: np.ndarray, part: np.ndarray) -> Changed:
    """A bent line of bare metal."""
    x, y = _spot(rng, part)
    angle, length = rng.uniform(0, np.pi), part.shape[0] * rng.uniform(0.12, 0.28)
    along = np.linspace(-0.5, 0.5, 12)[:, None] * length * np.array([np.cos(angle), np.sin(angle)])
    bent = along + (along[:, :1] ** 2) * rng.uniform(-0.006, 0.006) * np.array([-np.sin(angle), np.cos(angle)])
    line = np.zeros(part.shape, np.float32)
    points = np.round((bent + [x, y]) * 16).astype(np.int32)
    cv2.polylines(line, [points], False, 1.0, int(rng.integers(2, 4)), cv2.LINE_AA, shift=4)
    line *= part
    tint = rng.choice([1.9, 2.4, 0.35])
    return picture * (1 + line[..., None] * (tint - 1)), line


def stain(rng: np.random.Generator, picture: np.ndarray, belt: np.ndarray, part: np.ndarray) -> Changed:
    """A drop of oil."""
    blot = _blot(rng, part, rng.uniform(0.035, 0.08))
    tint = rng.uniform(0.3, 0.55) * np.array([1.0, 0.9, 0.7])
    return picture * (1 + blot[..., None] * (tint - 1)), blot


def rust(rng: np.random.Generator, picture: np.ndarray, belt: np.ndarray, part: np.ndarray) -> Changed:
    blot = _blot(rng, part, rng.uniform(0.04, 0.1))
    brown = np.array([0.28, 0.11, 0.045]) * rng.uniform(0.7, 1.3)
    return picture * (1 - 0.8 * blot[..., None]) + brown * 0.8 * blot[..., None], blot


def chip(rng: np.random.Generator, picture: np.ndarray, belt: np.ndarray, part: np.ndarray) -> Changed:
    """A turning that stuck to the part."""
    x, y = _spot(rng, part)
    size = part.shape[0] * rng.uniform(0.02, 0.05)
    corners = np.array([x, y]) + rng.normal(0, size, (4, 2))
    shape = np.zeros(part.shape, np.float32)
    cv2.fillConvexPoly(shape, cv2.convexHull(np.round(corners * 16).astype(np.int32)), 1.0, cv2.LINE_AA, shift=4)
    shape *= part
    color = rng.choice([0.08, 0.95, 1.3]) * rng.uniform(0.9, 1.1, 3)
    return picture * (1 - shape[..., None]) + color * shape[..., None], shape


DEFECTS: dict[str, Defect] = {"broken-tooth": broken_tooth, "scratch": scratch, "stain": stain, "rust": rust, "chip": chip}


def _spot(rng: np.random.Generator, part: np.ndarray) -> tuple[float, float]:
    """A point well inside of the part."""
    ys, xs = np.nonzero(cv2.erode(part.astype(np.uint8), np.ones((9, 9), np.uint8)))
    at = rng.integers(len(xs))
    return float(xs[at]), float(ys[at])


def _blot(rng: np.random.Generator, part: np.ndarray, share: float) -> np.ndarray:
    x, y = _spot(rng, part)
    radius = share * part.shape[0]
    yy, xx = np.mgrid[: part.shape[0], : part.shape[1]]
    edge = np.hypot(xx - x, yy - y) / radius + 0.35 * fractal(rng, *part.shape, zoom=2, smooth=5)
    return np.clip((1.1 - edge) * 4, 0, 1).astype(np.float32) * part


def _disc(shape: tuple[int, ...], x: float, y: float, radius: float) -> np.ndarray:
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    return np.clip(radius - np.hypot(xx - x, yy - y) + 0.5, 0, 1).astype(np.float32)
