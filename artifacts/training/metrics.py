"""Average precision at IoU 0.5, with the area under the whole interpolated curve (VOC 2010, COCO)."""

from dataclasses import dataclass

import numpy as np

from nms import Detections, overlap


@dataclass(frozen=True)
class Curve:
    """One class: precision and recall as the score threshold falls."""

    scores: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    ap: float
    parts: int


def match(found: Detections, truth: np.ndarray, iou: float, table: np.ndarray | None = None) -> np.ndarray:
    """True for each detection that claims a ground-truth part of its class; a part is claimed once. `table`: IoU, default: of the boxes."""
    if table is None:
        table = overlap(found[:, 2:], truth[:, 1:])
    hits = np.zeros(len(found), bool)
    taken = np.zeros(len(truth), bool)
    for row in np.argsort(-found[:, 1], kind="stable"):
        same = (truth[:, 0] == found[row, 0]) & ~taken
        if same.any():
            likeness = np.where(same, table[row], -1)
            best = int(likeness.argmax())
            if likeness[best] >= iou:
                hits[row] = taken[best] = True
    return hits


def curves(
    found: list[Detections], truth: list[np.ndarray], classes: int, iou: float = 0.5, tables: list[np.ndarray] | None = None
) -> list[Curve]:
    hits = [match(f, t, iou, table) for f, t, table in zip(found, truth, tables or [None] * len(found))]
    rows, hit = np.concatenate(found), np.concatenate(hits)
    result = []
    for class_id in range(classes):
        parts = sum(int((t[:, 0] == class_id).sum()) for t in truth)
        mine = rows[:, 0] == class_id
        order = np.argsort(-rows[mine, 1], kind="stable")
        good = np.cumsum(hit[mine][order])
        recall, precision = good / max(parts, 1), good / np.arange(1, len(good) + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1] if len(good) else precision
        ap = float(np.sum(np.diff(recall, prepend=0) * envelope))
        result.append(Curve(rows[mine, 1][order], precision, recall, ap, parts))
    return result


def mean_ap(found: list[Detections], truth: list[np.ndarray], classes: int, iou: float = 0.5) -> float:
    return float(np.mean([c.ap for c in curves(found, truth, classes, iou)]))
