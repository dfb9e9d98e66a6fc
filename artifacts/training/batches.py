"""Reads a cached split and makes augmented batches, one batch ahead in a thread."""

import json
from collections.abc import Iterator
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


def load(folder: Path) -> Cached:
    rows = json.loads((folder / "objects.json").read_text())
    objects = [np.array(objs, np.float32).reshape(-1, 5) for _, objs in rows]
    return Cached(np.load(folder / "images.npy"), objects)


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
    order = rng.permutation(len(data.objects))
    groups = [order[i : i + size] for i in range(0, len(order) - size + 1, size)]
    seeds = rng.integers(2**63, size=len(groups))

    def build(job: tuple[np.ndarray, int]) -> tuple[Tensor, Tensor, Tensor]:
        local = np.random.default_rng(job[1])
        pairs = [_augment(data.images[i], data.objects[i], local, zoom, drift) for i in job[0]]
        # No arithmetic of torch in this thread: it would open a second pool of workers on the same cores.
        x = torch.from_numpy(np.stack([p[0] for p in pairs])).permute(0, 3, 1, 2)
        return x, *pad_objects([p[1] for p in pairs])

    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(build, (groups[0], seeds[0]))
        for following in [*zip(groups[1:], seeds[1:]), None]:
            batch = pending.result()
            if following is not None:
                pending = pool.submit(build, following)
            yield batch


def _augment(
    image: np.ndarray, objects: np.ndarray, rng: np.random.Generator, zoom: float, drift: float
) -> tuple[np.ndarray, np.ndarray]:
    objects = objects.copy()
    if rng.random() < zoom:
        image, objects = _rescale(image, objects, rng, drift)
    if rng.random() < 0.5:
        image, objects[:, [1, 3]] = image[:, ::-1], 1 - objects[:, [3, 1]]
    if rng.random() < 0.5:
        image, objects[:, [2, 4]] = image[::-1], 1 - objects[:, [4, 2]]
    if rng.random() < 0.5:
        image, objects = image.transpose(1, 0, 2), objects[:, [0, 2, 1, 4, 3]]
    gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, 3))
    table = np.clip((np.arange(256)[:, None] / 255) ** np.exp(rng.normal(0, 0.12)) * gain * 255, 0, 255)
    return cv2.LUT(np.ascontiguousarray(image), ((table[None] - MEAN) / STD).astype(np.float32)), objects


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
