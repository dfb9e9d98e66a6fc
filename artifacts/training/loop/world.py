"""Pictures of the changed world: python -m loop.world FOLDER PHASE COUNT SEED [PROCESSES [SHARE]].

Phases: `known` is what the sample models learned. In `light` a lamp has failed: less light, and warmer. In `part` the lamp is new, and
SHARE of the parts, three in ten by default, are wing nuts. Writes COUNT JPEG files of 640 x 480 and COCO's annotations.json.
"""

import json
import sys
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from loop.wing_nut import wing_nut
from parts import classes, scene, sprite
from parts.camera import encode_jpeg
from parts.shapes import SHAPES

NEW = "wing-nut"
LABELS = (*classes.CLASSES, NEW)
SIZE = (640, 480)
PHASES = ("known", "light", "part")
SHARD = 10
_NEW_SHARE = 0.3
_LIGHT = np.array([0.015, 0.02, 0.03], np.float32)
"""The share of blue, green and red that is left."""


def render(job: tuple[str, str, int, int, int, float]) -> list[tuple[str, list]]:
    folder, phase, seed, shard, count, share = job
    cv2.setNumThreads(1)
    rng = np.random.default_rng(np.random.SeedSequence([seed, PHASES.index(phase), shard]))
    SHAPES[NEW] = wing_nut
    classes.RELATIVE_SIZE[NEW] = 1.1
    bank = sprite.make_bank(rng, per_class=2)
    rows = []
    for index in range(shard * SHARD, min(count, (shard + 1) * SHARD)):
        scene.CLASSES = _drawn_from(phase, share)
        found = scene.render_scene(rng, bank, scene.ASKED, SIZE)
        image = _dimmed(rng, found.image) if phase == "light" else found.image
        name = f"{phase}-{seed}-{index:04d}.jpg"
        (Path(folder) / name).write_bytes(encode_jpeg(rng, image))
        rows.append((name, found.objects))
    return rows


def _drawn_from(phase: str, share: float) -> tuple[str, ...]:
    """Each known class as often as another; the new one makes up its share."""
    if phase != "part":
        return classes.CLASSES
    known = classes.CLASSES * 3
    return (*known, *[NEW] * round(len(known) * share / (1 - share)))


def _dimmed(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Less light before the sensor, and its noise, which stays."""
    linear = (image.astype(np.float32) / 255) ** np.float32(2.2) * _LIGHT * np.float32(rng.uniform(0.85, 1.15))
    linear += rng.normal(0, 0.001, image.shape).astype(np.float32)
    return np.clip(np.clip(linear, 0, 1) ** np.float32(1 / 2.2) * 255 + 0.5, 0, 255).astype(np.uint8)


def generate(folder: Path, phase: str, count: int, seed: int, processes: int, share: float = _NEW_SHARE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(str(folder), phase, seed, shard, count, share) for shard in range(-(-count // SHARD))]
    with Pool(processes) as pool:
        rows = [row for shard in pool.imap(render, jobs) for row in shard]
    width, height = SIZE
    images = [{"id": i + 1, "file_name": name, "width": width, "height": height} for i, (name, _) in enumerate(rows)]
    annotations = [
        {"image_id": i + 1, "category_id": LABELS.index(label) + 1, "bbox": _bbox(box), "iscrowd": 0}
        for i, (_, objects) in enumerate(rows)
        for label, box in objects
    ]
    for number, annotation in enumerate(annotations):
        x, y, w, h = annotation["bbox"]
        annotation |= {"id": number + 1, "area": w * h}
    categories = [{"id": i + 1, "name": label} for i, label in enumerate(LABELS)]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(coco))


def _bbox(box: tuple[float, float, float, float]) -> list[float]:
    (x0, y0, x1, y1), (width, height) = map(float, box), SIZE
    return [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height]


if __name__ == "__main__":
    where, what, number, first, *more = sys.argv[1:]
    generate(Path(where), what, int(number), int(first), int(more[0]) if more else 2, float(more[1]) if len(more) > 1 else _NEW_SHARE)
