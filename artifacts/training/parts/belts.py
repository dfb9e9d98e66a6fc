"""Grounds that the parts lie on: rubber, PVC, modular plastic, wire mesh, and now and then a bench."""

import cv2
import numpy as np

from .noise import fractal, grain, streaks

_COLORS = {
    "rubber": [(0.035, 0.035, 0.037), (0.06, 0.06, 0.06)],
    "pvc": [(0.05, 0.22, 0.10), (0.55, 0.56, 0.55), (0.06, 0.20, 0.38), (0.10, 0.33, 0.30)],
    "modular": [(0.08, 0.22, 0.50), (0.6, 0.6, 0.58), (0.25, 0.26, 0.27), (0.55, 0.42, 0.2)],
    "mesh": [(0.28, 0.28, 0.29), (0.2, 0.19, 0.17)],
    "bench": [(0.42, 0.27, 0.14), (0.5, 0.48, 0.45), (0.42, 0.32, 0.2)],
}


def random_belt(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Linear RGB reflectance of the ground, height x width x 3. The belt runs along a random direction."""
    kind = str(rng.choice(list(_COLORS), p=[0.36, 0.26, 0.16, 0.1, 0.12]))
    colors = _COLORS[kind]
    base = np.array(colors[rng.integers(len(colors))], np.float32) * rng.uniform(0.7, 1.4)
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.08)
    yy, xx = np.mgrid[:height, :width].astype(np.float32)
    unit = min(height, width) / 480 * rng.uniform(0.7, 1.6)
    u = (xx * np.cos(angle) + yy * np.sin(angle)) / unit
    v = (yy * np.cos(angle) - xx * np.sin(angle)) / unit

    value = 1 + rng.uniform(0.05, 0.16) * fractal(rng, height, width, zoom=float(rng.uniform(1, 3)))
    value *= 1 + rng.uniform(0.02, 0.12) * grain(rng, height, width)[..., 0]
    value *= 1 + rng.uniform(0, 0.12) * streaks(rng, height, width, int(rng.integers(40, 160)))
    value *= _pattern(rng, kind, u, v)
    ground = np.maximum(value, 0.05)[..., None] * base
    if rng.random() < 0.4:
        ground = _stains(rng, ground)
    if kind != "bench" and rng.random() < 0.3:
        ground = _rail(rng, ground, v, unit)
    return np.clip(ground, 0.004, 1.2).astype(np.float32)


def _pattern(rng: np.random.Generator, kind: str, u: np.ndarray, v: np.ndarray) -> np.ndarray | float:
    depth = rng.uniform(0.15, 0.5)
    if kind == "rubber":
        style, pitch = rng.choice(["plain", "ribs", "diamond", "chevron"]), rng.uniform(14, 60)
        if style == "ribs":
            return 1 + depth * np.sin(2 * np.pi * u / pitch)
        if style == "diamond":
            return 1 + depth * np.sign(np.sin(np.pi * (u + v) / pitch) * np.sin(np.pi * (u - v) / pitch)) * 0.6
        if style == "chevron":
            return 1 + depth * (np.mod(u + np.abs(np.mod(v, 240) - 120) * 0.6, pitch * 2) < pitch * 0.5)
    if kind == "pvc" and rng.random() < 0.6:  # fabric impression
        pitch = rng.uniform(5, 10)
        return 1 + 0.12 * np.sin(2 * np.pi * u / pitch) * np.sin(2 * np.pi * v / pitch)
    if kind == "modular":
        pu, pv, gap = rng.uniform(50, 110), rng.uniform(90, 260), rng.uniform(2.5, 6)
        row = np.floor(u / pu)
        slot = (np.mod(u, pu) < gap) | (np.mod(v + row * pv / 2, pv) < gap)
        return np.where(slot, 0.25, 1 + 0.1 * np.cos(2 * np.pi * np.mod(u, pu) / pu))
    if kind == "mesh":
        pitch, wire = rng.uniform(12, 28), rng.uniform(0.25, 0.45)
        a, b = np.abs(np.mod(u / pitch, 1) - 0.5) * 2, np.abs(np.mod(v / pitch, 1) - 0.5) * 2
        near = np.minimum(a, b)
        return np.where(near < wire, 1.6 - near / wire, 0.18)
    if kind == "bench":  # planks or board
        plank = rng.uniform(80, 200)
        grainy = 1 + 0.15 * np.sin(v * 0.35 + 3 * np.sin(u * 0.01 + np.floor(v / plank)))
        return grainy * np.where(np.mod(v, plank) < 1.5, 0.5, 1)
    return 1.0


def _stains(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
    height, width = ground.shape[:2]
    blot = np.clip((fractal(rng, height, width, zoom=4, smooth=7) - rng.uniform(0.3, 1.2)) * 3, 0, 1)[..., None]
    tint = rng.choice([0.35, 0.5, 1.7]) * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    return ground * (1 - blot + blot * tint)


def _rail(rng: np.random.Generator, ground: np.ndarray, v: np.ndarray, unit: float) -> np.ndarray:
    """The steel side of the conveyor at one edge of the picture."""
    low, high = float(v.min()), float(v.max())
    at = low + (high - low) * rng.uniform(0.03, 0.16)
    inside = np.clip((at - v) * unit, 0, 1)
    shadow = np.clip(1 - (v - at) / 12, 0, 1) * (1 - inside) * 0.6
    steel = 0.35 + 0.25 * np.cos((v - at) * rng.uniform(0.05, 0.2))
    mixed = ground * (1 - shadow)[..., None]
    if rng.random() < 0.5:
        mixed, ground = np.flip(mixed, (0, 1)), None
        inside = np.flip(inside, (0, 1))
        steel = np.flip(steel, (0, 1))
    return mixed * (1 - inside)[..., None] + (inside * steel)[..., None] * np.array([0.95, 1, 1.03], np.float32)


def light_field(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Uneven illumination: a slope, a pool of light, now and then the shadow of a beam."""
    yy, xx = np.mgrid[-1 : 1 : 24j, -1 : 1 : 24j]
    field = 1 + rng.uniform(-0.3, 0.3) * xx + rng.uniform(-0.3, 0.3) * yy
    x, y = rng.uniform(-0.6, 0.6, 2)
    field *= 1 - rng.uniform(0, 0.25) * ((xx - x) ** 2 + (yy - y) ** 2)
    if rng.random() < 0.2:
        a = rng.uniform(0, np.pi)
        beam = np.abs(xx * np.cos(a) + yy * np.sin(a) - rng.uniform(-0.5, 0.5)) < rng.uniform(0.1, 0.35)
        field *= 1 - rng.uniform(0.2, 0.55) * beam
    return np.maximum(cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC), 0.15)
