"""Data sets of `edgeml dataset --to coco`, and pictures of loop/world.py, as the trainer takes them."""

import json
from pathlib import Path

import cv2
import numpy as np

from batches import Cached
from nets.priors import INPUT_PX


def read(annotations: Path, pictures: Path, labels: tuple[str, ...]) -> Cached:
    """Pictures stretched to the network's input; classes by their position in `labels`."""
    coco = json.loads(annotations.read_text())
    unknown = [category["name"] for category in coco["categories"] if category["name"] not in labels]
    if unknown:
        raise SystemExit(f"{annotations}: the labels lack {', '.join(unknown)}")
    names = {category["id"]: labels.index(category["name"]) for category in coco["categories"]}
    rows: dict[int, list] = {image["id"]: [] for image in coco["images"]}
    sizes = {image["id"]: (image["width"], image["height"]) for image in coco["images"]}
    for annotation in coco["annotations"]:
        x, y, w, h = annotation["bbox"]
        width, height = sizes[annotation["image_id"]]
        box = [x / width, y / height, (x + w) / width, (y + h) / height]
        rows[annotation["image_id"]].append([names[annotation["category_id"]], *box])
    images = [_load(pictures / image["file_name"]) for image in coco["images"]]
    objects = [np.array(rows[image["id"]], np.float32).reshape(-1, 5) for image in coco["images"]]
    return Cached(np.stack(images) if images else np.zeros((0, INPUT_PX, INPUT_PX, 3), np.uint8), objects)


def _load(file: Path) -> np.ndarray:
    image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    return cv2.resize(image, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_LINEAR)[..., ::-1]


def joined(sets: list[Cached]) -> Cached:
    return Cached(np.concatenate([one.images for one in sets]), [rows for one in sets for rows in one.objects])
