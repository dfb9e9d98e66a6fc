#!/usr/bin/env python3
"""Writes steps-reference.gen.json: what OpenCV and Pillow make of images, prepared as well-known projects prepare them.

Needs numpy, opencv-python-headless and pillow below 13. Each function says the project whose documented behavior it states again.
The element i of an image is ((i * 2654435761) mod 2^32) >> 24 (>> 16 for 16 bits), rows first, channels interleaved.
"""
import hashlib
import json
import math
from pathlib import Path

import cv2
import numpy as np
import PIL
from PIL import Image

SIZES = [(640, 480), (720, 576), (333, 500), (101, 37), (48, 48)]


def image(width, height, channels=3, bits=8):
    index = np.arange(width * height * channels, dtype=np.uint64)
    values = (index * 2654435761 % 2**32) >> (32 - bits)
    return values.astype(np.uint8 if bits == 8 else np.uint16).reshape(height, width, channels)


def padded(pixels, left, top, width, height, value):
    out = np.full((height, width, pixels.shape[2]), value, pixels.dtype)
    out[top:top + pixels.shape[0], left:left + pixels.shape[1]] = pixels
    return out


def fitted(pixels, side, whole):
    height, width = pixels.shape[:2]
    ratio = min(side / height, side / width)
    return cv2.resize(pixels, (whole(width * ratio), whole(height * ratio)))


def ultralytics_rectangle(pixels):
    """Ultralytics, LetterBox(auto=True, stride=32)."""
    inner = fitted(pixels, 320, lambda side: int(round(side)))
    bars = [(320 - side) % 32 / 2 for side in inner.shape[:2]]
    top, left = [int(round(bar - 0.1)) for bar in bars]
    height, width = [side + int(round(bar - 0.1)) + int(round(bar + 0.1)) for side, bar in zip(inner.shape[:2], bars)]
    return padded(inner, left, top, width, height, 114)


def yolox(pixels):
    """YOLOX, preproc: the product is truncated, the picture lies at the top left."""
    return padded(fitted(pixels, 416, int), 0, 0, 416, 416, 114)


def torchvision(pixels):
    """torchvision, Resize(64) and CenterCrop(56) of a Pillow image."""
    height, width = pixels.shape[:2]
    short, long = min(width, height), max(width, height)
    size = (64, int(64 * long / short)) if width <= height else (int(64 * long / short), 64)
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    left, top = [int(round((side - 56) / 2.0)) for side in resized.size]
    return np.asarray(resized.crop((left, top, left + 56, top + 56)))


def paddleclas(pixels):
    """PaddleClas, ResizeImage(resize_short=64) and CropImage(56)."""
    height, width = pixels.shape[:2]
    percent = 64.0 / min(width, height)
    resized = cv2.resize(pixels, (int(round(width * percent)), int(round(height * percent))))
    top, left = (resized.shape[0] - 56) // 2, (resized.shape[1] - 56) // 2
    return resized[top:top + 56, left:left + 56]


def paddleocr_line(pixels):
    """PaddleOCR, recognizer of height 48 and at most 320 pixels of width."""
    height, width = pixels.shape[:2]
    wide = min(320, math.ceil(48 * (width / float(height))))
    return padded(cv2.resize(pixels, (wide, 48)), 0, 0, 320, 48, 127)


def squash(pixels):
    """timm, crop_mode="squash"."""
    resized = Image.fromarray(pixels).resize((64, 64), Image.Resampling.BICUBIC)
    return np.asarray(resized.crop((4, 4, 60, 60)))


def square(pixels):
    """Black bars to a square, then the size."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    return cv2.resize(padded(pixels, (side - width) // 2, (side - height) // 2, side, side, 0), (96, 96))


def stretched(pixels):
    return cv2.resize(pixels, (80, 60))


def crop(**keys):
    return {"step": "crop", "width": 56, "height": 56, **keys}


CONTAIN = {"step": "resize", "mode": "contain"}
PREPARATIONS = [
    (ultralytics_rectangle, {}, [{**CONTAIN, "width": 320, "height": 320}, {"step": "pad", "multiple": 32}]),
    (yolox, {}, [{**CONTAIN, "width": 416, "height": 416, "rounding": "truncate"}, {"step": "pad", "width": 416, "height": 416, "align": "top-left"}]),
    (torchvision, {}, [{"step": "resize", "shortSide": 64, "rounding": "floor", "filter": "area"}, crop()]),
    (paddleclas, {}, [{"step": "resize", "shortSide": 64}, crop(rounding="floor")]),
    (paddleocr_line, {}, [{"step": "resize", "height": 48, "maxWidth": 320, "rounding": "ceil"}, {"step": "pad", "width": 320, "height": 48, "align": "top-left", "value": 127}]),
    (squash, {}, [{"step": "resize", "width": 64, "height": 64, "filter": "bicubic"}, crop()]),
    (square, {}, [{"step": "pad", "square": True, "value": 0}, {"step": "resize", "width": 96, "height": 96}]),
    (stretched, {"channels": 4}, [{"step": "resize", "width": 80, "height": 60}]),
]

cases = []
for prepare, form, steps in PREPARATIONS:
    for width, height in SIZES:
        result = prepare(image(width, height, form.get("channels", 3)))
        cases.append({"by": prepare.__name__, "from": [width, height], "to": [result.shape[1], result.shape[0]], **form, "steps": steps,
                      "sha256": hashlib.sha256(np.ascontiguousarray(result).tobytes()).hexdigest()})

deep = []
for width, height in SIZES:
    result = cv2.resize(image(width, height, 1, 16), (37, 23))
    deep.append({"from": [width, height], "to": [37, 23], "row": result[11].flatten().tolist()})

out = Path(__file__).with_name("steps-reference.gen.json")
lines = ",\n".join("    " + json.dumps(case) for case in cases)
deep_lines = ",\n".join("    " + json.dumps(case) for case in deep)
out.write_text(f'{{\n  "opencv": "{cv2.__version__}",\n  "pillow": "{PIL.__version__}",\n  "cases": [\n{lines}\n  ],\n  "deep": [\n{deep_lines}\n  ]\n}}\n')
