"""Writes yolo-tasks-reference.gen.json: tables of random numbers, and what Ultralytics' own postprocessing makes of them as poses, turned
boxes and masks, raw and end to end. The tests hold our decoders against these numbers. No model and no code of Ultralytics is in the file.

usage: make_yolo_tasks_reference.py FILE          needs: ultralytics (8.4.190 wrote the file), pycocotools
"""
import json
import math
import sys

import numpy as np
import torch
from pycocotools import mask as coco
from ultralytics.utils import nms, ops

INPUT = (64, 64)  # height, width
IMAGE = (60, 96)  # letterboxed to 40 rows, below 12 of bars
TOP, ROWS = 12, 40
CLASSES = 2
ROWS_OF_TABLE = 40
PROTOTYPES = (4, 16, 16)
KEYPOINTS = (5, 3)
# Ultralytics begins at the lower right and goes the other way around.
OUR_CORNERS = [2, 1, 0, 3]
LIMITS = {"scoreThreshold": 0.25, "iouThreshold": 0.45, "maxDetections": 12}


def rounded(array, digits=3):
    """As they are written, so that both sides compute with the same numbers; as float32."""
    return np.round(array, digits).astype(np.float32)


def boxes(random):
    """Centers in few places, so that some overlap."""
    places = random.uniform(8, 56, (6, 2))[random.integers(0, 6, ROWS_OF_TABLE)]
    return np.concatenate([places + random.normal(0, 3, places.shape), random.uniform(6, 40, places.shape)], 1)


def table(random, more):
    # No two are equal: the order of equal ones is nobody's promise.
    scores = random.permutation(np.linspace(0.02, 0.98, ROWS_OF_TABLE * CLASSES)).reshape(-1, CLASSES) ** 1.5
    return rounded(np.concatenate([boxes(random), scores, more], 1))


def finished(rows, upright):
    """Rows as the heads without suppression give them, best first: best class, and corners if the boxes are upright."""
    rows = rows[np.argsort(-rows[:, 4 : 4 + CLASSES].max(1), kind="stable")]
    box = torch.from_numpy(rows[:, :4])
    box = (ops.xywh2xyxy(box) if upright else box).numpy()
    scores = rows[:, 4 : 4 + CLASSES]
    return rounded(np.concatenate([box, scores.max(1, keepdims=True), scores.argmax(1)[:, None], rows[:, 4 + CLASSES :]], 1))


def suppressed(rows, is_finished, rotated=False):
    tensor = torch.from_numpy(rows)[None]
    if is_finished:
        return nms.non_max_suppression(tensor, LIMITS["scoreThreshold"], max_det=LIMITS["maxDetections"], end2end=True)[0]
    limits = (LIMITS["scoreThreshold"], LIMITS["iouThreshold"])
    return nms.non_max_suppression(tensor.transpose(1, 2), *limits, max_det=LIMITS["maxDetections"], nc=CLASSES, rotated=rotated)[0]


def fractions(points):
    return (points / torch.tensor([IMAGE[1], IMAGE[0]])).tolist()


def answer(row):
    return {"classId": int(row[5]), "score": float(row[4])}


def with_box(rows):
    scaled = ops.scale_boxes(INPUT, rows[:, :4].clone(), IMAGE) / torch.tensor([IMAGE[1], IMAGE[0]] * 2)
    flat = (scaled[:, 2] <= scaled[:, 0]) | (scaled[:, 3] <= scaled[:, 1])
    return [{**answer(row), "box": box.tolist()} for row, box in zip(rows[~flat], scaled[~flat])], rows[~flat]


def poses(rows, is_finished):
    found, rows = with_box(suppressed(rows, is_finished))
    points = ops.scale_coords(INPUT, rows[:, 6:].reshape(-1, *KEYPOINTS).clone(), IMAGE)
    for one, person in zip(found, points):
        one["keypoints"] = [[*fractions(point[:2]), float(point[2])] for point in person]
    return found


def long_side(quad):
    """The direction of the longer side, 0..pi."""
    sides = [(quad[at + 1][0] - quad[at][0], quad[at + 1][1] - quad[at][1]) for at in (0, 1)]
    x, y = max(sides, key=lambda side: math.hypot(*side))
    return math.atan2(y, x) % math.pi


def turned(rows, is_finished):
    rows = suppressed(rows, is_finished, rotated=True)
    rboxes = torch.cat([rows[:, :4], rows[:, -1:]], -1)
    rboxes[:, :4] = ops.scale_boxes(INPUT, rboxes[:, :4], IMAGE, xywh=True)
    corners = ops.xywhr2xyxyxyxy(rboxes)
    return [
        {**answer(row), "corners": fractions(quad[OUR_CORNERS]), "angle": long_side(quad.tolist())} for row, quad in zip(rows, corners)
    ]


def masks(rows, prototypes, is_finished):
    rows = suppressed(rows, is_finished)
    pixels = ops.process_mask(torch.from_numpy(prototypes), rows[:, 6:], rows[:, :4], INPUT, upsample=True)
    pixels = pixels[:, TOP : TOP + ROWS].numpy()
    found, _ = with_box(rows)
    assert len(found) == len(rows)
    for one, mask in zip(found, pixels):
        one["mask"] = {"size": [ROWS, INPUT[1]], "counts": coco.encode(np.asfortranarray(mask))["counts"].decode()}
    return [one for one, mask in zip(found, pixels) if mask.any()]


def numbers(array):
    return {"shape": [1, *array.shape], "values": [round(value, 3) for value in array.ravel().tolist()]}


def cases():
    random = np.random.default_rng(20)
    points = random.uniform(-4, 68, (ROWS_OF_TABLE, *KEYPOINTS))
    points[..., 2] = random.uniform(0, 1, points.shape[:2])
    pose = table(random, points.reshape(ROWS_OF_TABLE, -1))
    obb = table(random, random.uniform(-math.pi / 4, 3 * math.pi / 4, (ROWS_OF_TABLE, 1)))
    seg = table(random, random.normal(0, 1, (ROWS_OF_TABLE, PROTOTYPES[0])))
    prototypes = rounded(random.normal(0, 1, PROTOTYPES), 2)
    for is_finished in (False, True):
        form = {"rows": "finished" if is_finished else "raw", "scoreThreshold": LIMITS["scoreThreshold"], "maxDetections": LIMITS["maxDetections"]}
        if not is_finished:
            form["iouThreshold"] = LIMITS["iouThreshold"]
        of = lambda rows, upright=True: finished(rows, upright) if is_finished else rows
        laid = lambda rows: numbers(rows if is_finished else rows.T)
        yield "pose", {"decoder": "yolov8-pose", "keypoints": KEYPOINTS, **form}, {"output0": laid(of(pose))}, poses(of(pose), is_finished)
        yield "oriented-detection", {"decoder": "yolov8-obb", **form}, {"output0": laid(of(obb, False))}, turned(of(obb, False), is_finished)
        outputs = {"output0": laid(of(seg)), "output1": numbers(prototypes)}
        spec = {"decoder": "yolov8-seg", "output": "output0", "prototypes": "output1", **form}
        yield "instance-segmentation", spec, outputs, masks(of(seg), prototypes, is_finished)


def shortened(value):
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: shortened(one) for key, one in value.items()}
    return [shortened(one) for one in value] if isinstance(value, (list, tuple)) else value


if __name__ == "__main__":
    written = [
        {"task": task, "output": spec, "tensors": tensors, "expected": shortened(expected)} for task, spec, tensors, expected in cases()
    ]
    with open(sys.argv[1], "w") as file:
        json.dump({"input": INPUT, "image": IMAGE, "cases": written}, file, separators=(",", ":"))
        file.write("\n")
