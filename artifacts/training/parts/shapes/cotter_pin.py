"""Cotter: split pin with an eye and two legs, or an R-clip with one wavy leg."""

import numpy as np

from ..relief import Relief, cover, path_distance, tube


def cotter_pin(rng: np.random.Generator) -> Relief:
    return _r_clip(rng) if rng.random() < 0.4 else _split_pin(rng)


def _split_pin(rng: np.random.Generator) -> Relief:
    eye, wire = rng.uniform(0.13, 0.2), rng.uniform(0.045, 0.07)
    center = -0.9 + eye + wire
    a = np.linspace(0.16, 1.84, 50) * np.pi
    loop = np.stack([center + eye * np.cos(a), eye * np.sin(a)], 1)
    neck, end = center + eye * 1.5, 0.9 - wire
    splay = rng.uniform(0, 0.35) if rng.random() < 0.5 else 0.0
    bend = rng.uniform(neck + 0.3, end - 0.1)
    short = end - rng.uniform(0, 0.15)
    near, far = [], []
    for x in np.linspace(neck, end, 30):
        away = wire * 0.98 + splay * max(0.0, x - bend)
        near.append((x, away))
        if x <= short:
            far.append((x, -away))
    path = np.concatenate([np.array(far[::-1]), loop[::-1], np.array(near)])
    return _wire(path, wire)


def _r_clip(rng: np.random.Generator) -> Relief:
    wire, eye = rng.uniform(0.035, 0.055), rng.uniform(0.14, 0.2)
    center = -0.9 + eye + wire
    a = np.linspace(0.35, 1.75, 50) * np.pi
    loop = np.stack([center + eye * np.cos(a), eye * np.sin(a)], 1)
    x = np.linspace(center + eye * 0.8, 0.88, 60)
    u = (x - x[0]) / (x[-1] - x[0])
    depth = rng.uniform(0.12, 0.2)
    wavy = eye * 0.75 - depth * np.sin(np.clip(u * 1.5, 0, 1) * np.pi) ** 2 + 0.25 * np.maximum(0, u - 0.66)
    straight = np.full_like(x, -eye * 0.7)
    path = np.concatenate([np.stack([x, wavy], 1)[::-1], loop, np.stack([x, straight], 1)])
    return _wire(path, wire)


def _wire(path: np.ndarray, radius: float) -> Relief:
    distance = path_distance(path)
    return Relief(cover(distance - radius), tube(distance, radius))
