#!/usr/bin/env python3
"""Writes resize-reference.gen.json: what OpenCV and Pillow make of images that a formula gives.

Needs numpy, opencv-python-headless and pillow below 13, which always goes across before down (later ones choose; the last bit differs).
Run it again only to add cases; the numbers do not change.
The element i of an image is ((i * 2654435761) mod 2^32) >> 24, rows first, channels interleaved.
"""
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import PIL
from PIL import Image

SIZES = [
    (1920, 1080, 224, 224), (1280, 720, 300, 300), (640, 480, 320, 240), (600, 600, 300, 300), (768, 576, 320, 320),
    (100, 77, 300, 300), (301, 299, 300, 300), (300, 300, 300, 300), (33, 47, 512, 19), (3, 2, 7, 9), (1, 1, 4, 4), (5, 1, 2, 3),
]
PILLOW = {"area": Image.Resampling.BILINEAR, "box": Image.Resampling.BOX, "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}


def image(width, height, channels):
    index = np.arange(width * height * channels, dtype=np.uint64)
    return ((index * 2654435761 % 2**32) >> 24).astype(np.uint8).reshape(height, width, channels)


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


cases = []
for width, height, to_width, to_height in SIZES:
    for channels in (1, 3):
        pixels = image(width, height, channels)
        squeezed = pixels[:, :, 0] if channels == 1 else pixels
        results = {"bilinear": cv2.resize(squeezed, (to_width, to_height))}
        for name, resampling in PILLOW.items():
            results[name] = np.asarray(Image.fromarray(squeezed).resize((to_width, to_height), resampling))
        for name, result in results.items():
            cases.append({"from": [width, height], "to": [to_width, to_height], "channels": channels, "filter": name, "sha256": digest(result)})

out = Path(__file__).with_name("resize-reference.gen.json")
lines = ",\n".join("    " + json.dumps(case) for case in cases)
out.write_text(f'{{\n  "opencv": "{cv2.__version__}",\n  "pillow": "{PIL.__version__}",\n  "cases": [\n{lines}\n  ]\n}}\n')
