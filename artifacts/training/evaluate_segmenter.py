"""Mean average precision of masks and boxes on the detector's held-back scenes: python evaluate_segmenter.py CACHE FOLDER.

Masks are compared in the pixels of the model's input.
"""

import json
import sys
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from metrics import curves, mean_ap
from nms import Detections, overlap
from parts.classes import CLASSES
from reference import open_package
from segment import segment

_CURVE_THRESHOLD = 0.02
_STRICT = np.arange(0.5, 0.96, 0.05)


def judge(job: tuple[Path, list[Path]]) -> list[tuple[Detections, np.ndarray]]:
    """Detections of each picture, and the IoU of each mask with each part."""
    cv2.setNumThreads(1)
    package, found = open_package(job[0]), []
    for file in job[1]:
        detections, masks = segment(package, file, _CURVE_THRESHOLD)
        parts = cv2.imread(str(file.with_suffix(".parts.png")), cv2.IMREAD_GRAYSCALE)
        side = package.spec["input"]["width"]
        parts = cv2.resize(parts, (side, side), interpolation=cv2.INTER_NEAREST_EXACT)
        areas = np.bincount(parts.ravel(), minlength=256)[1:]
        table = np.zeros((len(masks), 255))
        for row, mask in enumerate(masks):
            shared = np.bincount(parts[mask], minlength=256)[1:]
            table[row] = shared / np.maximum(1, mask.sum() + areas - shared)
        found.append((detections, table))
    return found


def main(cache: Path, folder: Path) -> None:
    split = cache / "scenes-test"
    rows = json.loads((split / "objects.json").read_text())
    files = [split / name for name, _ in rows]
    truth = [np.array(objects, np.float32).reshape(-1, 5) for _, objects in rows]
    with Pool() as pool:
        chunks = pool.map(judge, [(folder, files[i : i + 25]) for i in range(0, len(files), 25)])
    judged = [one for chunk in chunks for one in chunk]
    found = [detections for detections, _ in judged]
    tables = [table[:, : len(t)] for (_, table), t in zip(judged, truth)]

    at_half = curves(found, truth, len(CLASSES), tables=tables)
    strict = [np.mean([c.ap for c in curves(found, truth, len(CLASSES), iou, tables)]) for iou in _STRICT]
    print(f"{len(files)} scenes, {sum(len(t) for t in truth)} parts")
    print(f"masks: mAP@0.5 {np.mean([c.ap for c in at_half]):.4f}, mAP@0.5:0.95 {np.mean(strict):.4f}")
    print(f"boxes: mAP@0.5 {mean_ap(found, truth, len(CLASSES)):.4f}")
    for label, curve in zip(CLASSES, at_half):
        print(f"  {label}: masks AP@0.5 {curve.ap:.4f} ({curve.parts} parts)")
    print(f"IoU of the mask, if class and box (IoU at least 0.5) are right: {_mean_overlap(found, truth, tables):.4f}")


def _mean_overlap(found: list[Detections], truth: list[np.ndarray], tables: list[np.ndarray]) -> float:
    values = []
    for detections, parts, table in zip(found, truth, tables):
        sure = detections[:, 1] >= 0.4
        right = (overlap(detections[:, 2:], parts[:, 1:]) >= 0.5) & (detections[:, :1] == parts[:, 0]) & sure[:, None]
        values += [table[row, right[row]].max() for row in range(len(detections)) if right[row].any()]
    return float(np.mean(values))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
