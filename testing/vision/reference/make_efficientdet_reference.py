"""Writes efficientdet-reference.gen.json: raw outputs of random numbers, and what effdet's own postprocessing makes of them. The tests hold
our decoder against these numbers. No model and no code of effdet is in the file.

usage: make_efficientdet_reference.py FILE          needs: effdet (0.4.1 wrote the file), torch, torchvision
"""

import json
import sys

import numpy as np
import torch
from effdet.anchors import Anchors, generate_detections
from effdet.bench import _post_process

SIZE = (64, 96)  # height, width
STRIDES = [8, 16, 32]
CLASSES, RATIOS, OCTAVES = 3, [(1.0, 1.0), (1.4, 0.7), (0.7, 1.4)], 3
THRESHOLD, MOST = 0.6, 100


def shaped(array):
    return {"shape": list(array.shape), "values": [round(float(value), 3) for value in array.flatten()]}


def clipped(side):
    return min(1.0, max(0.0, side))


def main(path):
    random = np.random.default_rng(20260725)
    anchors = len(RATIOS) * OCTAVES
    levels = []
    for stride in STRIDES:
        sides = (SIZE[0] // stride, SIZE[1] // stride)
        scores = random.normal(-3, 1.6, (1, anchors * CLASSES, *sides)).round(3).astype(np.float32)
        boxes = random.normal(0, 0.25, (1, anchors * 4, *sides)).round(3).astype(np.float32)
        levels.append((stride, scores, boxes))
    scores, boxes, indices, classes = _post_process(
        [torch.from_numpy(one) for _, one, _ in levels],
        [torch.from_numpy(one) for _, _, one in levels],
        num_levels=len(levels), num_classes=CLASSES, max_detection_points=500,
    )  # fmt: skip
    # Levels 3 to 5 have the strides 8 to 32.
    places = Anchors(3, 5, OCTAVES, RATIOS, 4.0, SIZE).boxes
    rows = generate_detections(
        scores[0], boxes[0], places, indices[0], classes[0], img_scale=None, img_size=None, max_det_per_image=MOST
    )  # fmt: skip
    expected = [
        # effdet counts classes from 1.
        {"classId": int(row[5]) - 1, "score": float(row[4]), "box": [clipped(float(row[at]) / SIZE[1 - at % 2]) for at in range(4)]}
        for row in rows
        if row[4] >= THRESHOLD
    ]
    # Boxes outside of the picture are nothing to us.
    expected = [one for one in expected if one["box"][2] > one["box"][0] and one["box"][3] > one["box"][1]]
    content = {
        "size": SIZE,
        "scoreThreshold": THRESHOLD,
        "levels": [{"stride": stride, "scores": shaped(one), "boxes": shaped(other)} for stride, one, other in levels],
        "expected": expected,
    }
    with open(path, "w", encoding="utf8") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")
    print(f"{len(expected)} detections")


if __name__ == "__main__":
    main(sys.argv[1])
