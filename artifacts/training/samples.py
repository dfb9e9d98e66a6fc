"""Renders artifacts/samples and its ground truth: python samples.py FOLDER. Held back from training by their own seed."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

from parts.classes import CLASSES
from parts.closeup import render_closeup
from parts.scene import render_scene
from parts.sprite import make_bank
from splits import SPLITS, shard_rng

_SCENES: tuple[tuple[str, tuple[int, int]], ...] = (
    *((f"belt-{i:02d}.jpg", (640, 480)) for i in range(1, 9)),
    *((f"belt-{i:02d}.jpg", (800, 600)) for i in range(9, 13)),
    *((f"belt-{i:02d}.jpg", (960, 540)) for i in range(13, 16)),
    ("belt-16.jpg", (1280, 720)),
    ("belt-17.jpg", (1920, 1080)),
    ("belt-18.jpg", (480, 640)),
    ("belt-19.png", (400, 300)),
    ("belt-20.png", (320, 320)),
)
_CLOSEUPS = (*(f"part-{label}.jpg" for label in CLASSES), "part-gear.png")
_JPEG_QUALITY = 82


def _write(folder: Path, name: str, image: np.ndarray) -> None:
    jpeg, png = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY], [cv2.IMWRITE_PNG_COMPRESSION, 9]
    cv2.imwrite(str(folder / name), image, jpeg if name.endswith(".jpg") else png)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    truth: dict[str, dict] = {}
    for shard, (name, size) in enumerate(_SCENES):
        rng = shard_rng(SPLITS["samples"], shard)
        scene = render_scene(rng, make_bank(rng, per_class=2), size=size)
        _write(folder, name, scene.image)
        objects = [{"label": label, "box": [round(float(v), 4) for v in box]} for label, box in scene.objects]
        truth[name] = {"task": "object-detection", "objects": objects}
    for shard, name in enumerate(_CLOSEUPS, start=100):
        rng = shard_rng(SPLITS["samples"], shard)
        label = Path(name).stem.removeprefix("part-")
        size = (400, 300) if name.endswith(".jpg") else (256, 256)
        _write(folder, name, render_closeup(rng, make_bank(rng, per_class=2), label, size))
        truth[name] = {"task": "image-classification", "label": label}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in truth.items())
    (folder / "ground-truth.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
