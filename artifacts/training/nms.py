"""Class-wise greedy non-maximum suppression, as the device does it outside the graph."""

import numpy as np

# Rows of detections: classId, score, x0, y0, x1, y1.
Detections = np.ndarray


def detections(boxes: np.ndarray, scores: np.ndarray, threshold: float, iou: float = 0.45, most: int = 100) -> Detections:
    """`boxes` N x 4; `scores` N x (C+1) with background in column 0."""
    found = []
    for class_id in range(scores.shape[1] - 1):
        column = scores[:, class_id + 1]
        rows = np.nonzero(column >= threshold)[0]
        rows = rows[np.argsort(-column[rows], kind="stable")]
        kept = suppress(boxes[rows], iou)
        for row in rows[kept]:
            found.append([class_id, column[row], *np.clip(boxes[row], 0, 1)])
    found.sort(key=lambda r: -r[1])
    return np.array(found[:most], np.float32).reshape(-1, 6)


def suppress(boxes: np.ndarray, iou: float) -> list[int]:
    """Positions of the boxes that survive; `boxes` are sorted by falling score."""
    kept: list[int] = []
    for i, box in enumerate(boxes):
        if not kept or overlap(box[None], boxes[kept])[0].max() <= iou:
            kept.append(i)
    return kept


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU matrix."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.prod(np.maximum(high - low, 0), -1)
    area = lambda box: np.prod(np.maximum(box[:, 2:] - box[:, :2], 0), -1)
    return inter / (area(a)[:, None] + area(b)[None] - inter + 1e-9)
