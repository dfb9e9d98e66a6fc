"""Reads a cached split and makes augmented batches, one batch ahead in a thread."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

MEAN = STD = 127.5


@dataclass(frozen=True)
class Cached:
    images: np.ndarray
    """N x S x S x 3, RGB uint8."""
    objects: list[np.ndarray]
    """Per image: rows of classId, x0, y0, x1, y1."""
    parts: np.ndarray | None = None
    """N x S x S: 0 for none, else the row of the object from 1."""


def load(folder: Path) -> Cached:
    rows = json.loads((folder / "objects.json").read_text())
    objects = [np.array(objs, np.float32).reshape(-1, 5) for _, objs in rows]
    parts = folder / "parts.npy"
    return Cached(np.load(folder / "images.npy"), objects, np.load(parts) if parts.exists() else None)


def to_input(images: np.ndarray) -> Tensor:
    """N x S x S x 3 uint8 to the network's input, channels last in memory."""
    return torch.from_numpy((images.astype(np.float32) - MEAN) / STD).permute(0, 3, 1, 2)


def pad_objects(objects: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    most = max(1, max(len(o) for o in objects))
    classes, boxes = torch.full((len(objects), most), -1, dtype=torch.long), torch.zeros(len(objects), most, 4)
    for i, rows in enumerate(objects):
        classes[i, : len(rows)] = torch.from_numpy(rows[:, 0]).long()
        boxes[i, : len(rows)] = torch.from_numpy(rows[:, 1:])
    return classes, boxes


def train_batches(
    data: Cached, size: int, rng: np.random.Generator, zoom: float, drift: float = 0.0
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """One epoch. `zoom` is the share of pictures that are magnified or reduced as well as turned, `drift` the mean log of it."""

    def build(rows: np.ndarray, local: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        pairs = [_augment(data.images[i], data.objects[i], local, zoom, drift) for i in rows]
        # No arithmetic of torch in this thread: it would open a second pool of workers on the same cores.
        x = torch.from_numpy(np.stack([p[0] for p in pairs])).permute(0, 3, 1, 2)
        return x, *pad_objects([p[1] for p in pairs])

    yield from built_ahead(build, len(data.objects), size, rng)


def part_batches(data: Cached, size: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """One epoch with the part of each pixel, B x S x S. Pictures are turned, not rescaled: every part stays what it is."""

    def build(rows: np.ndarray, local: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        images, objects, parts = [], [], []
        for i in rows:
            boxes = data.objects[i].copy()
            image, part = _turn(local, boxes, data.images[i], data.parts[i])
            images.append(_recolor(local, image))
            objects.append(boxes)
            parts.append(part)
        x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        return x, *pad_objects(objects), torch.from_numpy(np.stack(parts))

    yield from built_ahead(build, len(data.objects), size, rng)


def built_ahead(
    build: Callable[[np.ndarray, np.random.Generator], tuple[Tensor, ...]], count: int, size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, ...]]:
    """Shuffled batches, each built in a thread while the one before it is learned."""
    order = rng.permutation(count)
    groups = [order[i : i + size] for i in range(0, len(order) - size + 1, size)]
    jobs = [(rows, np.random.default_rng(seed)) for rows, seed in zip(groups, rng.integers(2**63, size=len(groups)))]
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(build, *jobs[0])
        for following in [*jobs[1:], None]:
            batch = pending.result()
            if following is not None:
                pending = pool.submit(build, *following)
            yield batch


def _augment(
    image: np.ndarray, objects: np.ndarray, rng: np.random.Generator, zoom: float, drift: float
) -> tuple[np.ndarray, np.ndarray]:
    objects = objects.copy()
    if rng.random() < zoom:
        image, objects = _rescale(image, objects, rng, drift)
    (image,) = _turn(rng, objects, image)
    return _recolor(rng, image), objects


def _turn(rng: np.random.Generator, objects: np.ndarray, *pictures: np.ndarray) -> list[np.ndarray]:
    """Mirrors and transposes pictures of the same scene; `objects` are changed in place."""
    turned = list(pictures)
    if rng.random() < 0.5:
        turned, objects[:, [1, 3]] = [p[:, ::-1] for p in turned], 1 - objects[:, [3, 1]]
    if rng.random() < 0.5:
        turned, objects[:, [2, 4]] = [p[::-1] for p in turned], 1 - objects[:, [4, 2]]
    if rng.random() < 0.5:
        turned, objects[:, 1:] = [p.swapaxes(0, 1) for p in turned], objects[:, [2, 1, 4, 3]]
    return turned


def _recolor(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Other light, as the network's input."""
    gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, 3))
    table = np.clip((np.arange(256)[:, None] / 255) ** np.exp(rng.normal(0, 0.12)) * gain * 255, 0, 255)
    return cv2.LUT(np.ascontiguousarray(image), ((table[None] - MEAN) / STD).astype(np.float32))


def _rescale(image: np.ndarray, objects: np.ndarray, rng: np.random.Generator, drift: float) -> tuple[np.ndarray, np.ndarray]:
    """Scales both axes a little differently about a random point; parts that leave the picture go."""
    side = image.shape[0]
    sx, sy = np.exp(drift + rng.uniform(-0.35, 0.35) + rng.uniform(-0.12, 0.12, 2))
    tx, ty = rng.uniform(0, 1, 2) * (1 - np.array([sx, sy]))
    matrix = np.array([[sx, 0, tx * side], [0, sy, ty * side]])
    image = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=(110, 110, 110))
    moved = objects[:, 1:] * [sx, sy, sx, sy] + [tx, ty, tx, ty]
    clipped = np.clip(moved, 0, 1)
    area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    keep = area(clipped) > 0.4 * area(moved)
    return image, np.concatenate([objects[:, :1], clipped], 1)[keep].astype(np.float32)
