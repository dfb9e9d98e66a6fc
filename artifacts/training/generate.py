"""Renders splits into a cache folder: python generate.py CACHE SPLIT…

Arrays hold what a network sees: decoded JPEG, stretched with plain bilinear sampling, RGB.
Files hold what a device sees: JPEG, any size. Maps of parts have the same sizes: 0 for none, else the row of the object from 1.
"""

import json
import sys
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from parts.camera import encode_jpeg
from parts.classes import CLASSES
from parts.closeup import render_closeup
from parts.scene import ASKED, TRAINING, render_scene
from parts.sprite import make_bank
from splits import INPUT_PX, SHARD, SPLITS, shard_rng

# Row of an object table: classId, x0, y0, x1, y1.
Objects = list[list[float]]


def render_shard(job: tuple[str, str, int]) -> list[tuple[str, Objects]]:
    cv2.setNumThreads(1)
    cache, name, shard = job
    split = SPLITS[name]
    rng = shard_rng(split, shard)
    bank = make_bank(rng, per_class=4)
    rows = []
    for index in range(shard * SHARD, min((shard + 1) * SHARD, split.count)):
        if split.kind == "scenes":
            scene = render_scene(rng, bank, TRAINING if name.endswith("-train") else ASKED)
            image, objects = scene.image, [[CLASSES.index(label), *map(float, box)] for label, box in scene.objects]
            if split.parts:
                _store_parts(Path(cache) / name, split.as_files, INPUT_PX[split.kind], index, scene.parts)
        else:
            label = index % len(CLASSES)
            image, objects = render_closeup(rng, bank, CLASSES[label]), [[label, 0.0, 0.0, 1.0, 1.0]]
        rows.append((_store(Path(cache) / name, split.as_files, INPUT_PX[split.kind], index, encode_jpeg(rng, image)), objects))
    return rows


def _store(folder: Path, as_files: bool, side: int, index: int, jpeg: bytes) -> str:
    if as_files:
        (folder / f"{index:05d}.jpg").write_bytes(jpeg)
    else:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        array = np.load(folder / "images.npy", mmap_mode="r+")
        array[index] = cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR)[..., ::-1]
    return f"{index:05d}.jpg"


def _store_parts(folder: Path, as_files: bool, side: int, index: int, parts: np.ndarray) -> None:
    if as_files:
        cv2.imwrite(str(folder / f"{index:05d}.parts.png"), parts)
    else:
        array = np.load(folder / "parts.npy", mmap_mode="r+")
        array[index] = cv2.resize(parts, (side, side), interpolation=cv2.INTER_NEAREST_EXACT)


def generate(cache: Path, name: str) -> None:
    split = SPLITS[name]
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    if not split.as_files:
        side = INPUT_PX[split.kind]
        np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (split.count, side, side, 3)).flush()
        if split.parts:
            np.lib.format.open_memmap(folder / "parts.npy", "w+", np.uint8, (split.count, side, side)).flush()
    jobs = [(str(cache), name, shard) for shard in range(-(-split.count // SHARD))]
    with Pool() as pool:
        rows = [row for shard in pool.imap(render_shard, jobs) for row in shard]
    (folder / "objects.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    for requested in sys.argv[2:]:
        generate(Path(sys.argv[1]), requested)
