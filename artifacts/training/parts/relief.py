"""A part before paint: outline, height and surface marks on a square canvas.

Shapes are signed distance functions on a grid of coordinates in -1..1. They are evaluated
at twice the stored resolution and averaged down, which anti-aliases edges for free.
"""

from dataclasses import dataclass

import cv2
import numpy as np

Array = np.ndarray

DRAW_PX = 640
STORE_PX = 320
_axis = (np.arange(DRAW_PX, dtype=np.float32) + 0.5) / DRAW_PX * 2 - 1
X, Y = np.meshgrid(_axis, _axis)
PIXEL = 2.0 / DRAW_PX


@dataclass(frozen=True)
class Relief:
    """The return value of a shape function, at DRAW_PX; lengths are in canvas units (half the canvas = 1)."""

    alpha: Array
    """Coverage, 0..1."""
    height: Array
    """Height of the upper surface; its gradient becomes the normal map."""
    thickness: float = 0.0
    """Height of the vertical side wall that an oblique camera sees; 0 for round bars."""
    tone: Array | None = None
    """Multiplier on the brightness: below 1 in bores and gaps."""
    second: Array | None = None
    """0..1, where the second material shows (seal of a bearing, nylon insert of a nut)."""


def cover(sdf: Array) -> Array:
    """Coverage of the region where the signed distance is negative."""
    return np.clip(0.5 - sdf / PIXEL, 0, 1)


def bevel(sdf: Array, width: float) -> Array:
    """Rounded edge: rises from 0 at the outline to `width` at the distance `width` inside."""
    t = np.clip(-sdf / width, 0, 1)
    return width * np.sqrt(np.maximum(0, 1 - (1 - t) ** 2))


def circle(radius: float, x: float = 0.0, y: float = 0.0) -> Array:
    return np.hypot(X - x, Y - y) - radius


def box(cx: float, cy: float, hx: float, hy: float, round_: float = 0.0) -> Array:
    """Axis-aligned rectangle with half sides `hx`, `hy` and rounded corners."""
    dx, dy = np.abs(X - cx) - (hx - round_), np.abs(Y - cy) - (hy - round_)
    return np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - round_


def regular_polygon(sides: int, inradius: float) -> Array:
    """Regular polygon by its distance to the nearest flat."""
    angle = np.arctan2(Y, X)
    step = 2 * np.pi / sides
    folded = np.mod(angle + step / 2, step) - step / 2
    return np.hypot(X, Y) * np.cos(folded) - inradius


def polygon(points: Array) -> Array:
    """Signed distance of any closed polygon, through an exact distance transform of its raster."""
    inside = np.zeros((DRAW_PX, DRAW_PX), np.uint8)
    fixed = np.round((points + 1) / 2 * DRAW_PX * 16 - 8).astype(np.int32)
    cv2.fillPoly(inside, [fixed], 1, shift=4)
    d_in = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    d_out = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return (d_out - d_in).astype(np.float32) * PIXEL


def path_distance(points: Array) -> Array:
    """Unsigned distance to an open polyline: the center line of a wire."""
    free = np.full((DRAW_PX, DRAW_PX), 255, np.uint8)
    fixed = np.round((points + 1) / 2 * DRAW_PX * 16 - 8).astype(np.int32)
    cv2.polylines(free, [fixed], False, 0, 1, shift=4)
    return cv2.distanceTransform(free, cv2.DIST_L2, 5) * PIXEL


def tube(distance: Array, radius: float) -> Array:
    """Height of a round bar around a center line."""
    return np.sqrt(np.maximum(0, radius**2 - distance**2))
