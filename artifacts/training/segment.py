"""The steps of a device from the outputs of PartsSegmenter to parts with masks."""

from pathlib import Path

import cv2
import numpy as np

import rle
from nms import Detections, suppress
from reference import Package, tensor


def segment(package: Package, file: Path, threshold: float | None = None) -> tuple[Detections, list[np.ndarray]]:
    """Detections, best first, and the mask of each in the pixels of the input."""
    output, side = package.spec["output"], package.spec["input"]["width"]
    rows, prototypes = package.session.run(["rows", "prototypes"], {"images": tensor(package.spec, file)})
    table, count = rows[0].T, len(package.labels)
    classes, scores = table[:, 4 : 4 + count].argmax(1), table[:, 4 : 4 + count].max(1)
    corners = np.concatenate([table[:, :2] - table[:, 2:4] / 2, table[:, :2] + table[:, 2:4] / 2], 1)
    kept = _kept(corners, classes, scores, output["scoreThreshold"] if threshold is None else threshold, output["iouThreshold"])
    kept = kept[: output["maxDetections"]]
    boxes = np.clip(corners[kept] / side, 0, 1)
    found = np.concatenate([classes[kept, None], scores[kept, None], boxes], 1).astype(np.float32)
    masks = [_mask(prototypes[0], table[row, 4 + count :], corners[row], side) for row in kept]
    some = [at for at, mask in enumerate(masks) if mask.any()]
    return found[some], [masks[at] for at in some]


def _kept(corners: np.ndarray, classes: np.ndarray, scores: np.ndarray, threshold: float, iou: float) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= threshold]
    kept = [row for each in np.unique(classes[order]) for row in _of_class(corners, order[classes[order] == each], iou)]
    return np.array(sorted(kept, key=lambda row: (-scores[row], row)), int)


def _of_class(corners: np.ndarray, rows: np.ndarray, iou: float) -> np.ndarray:
    return rows[suppress(corners[rows], iou)]


def _mask(prototypes: np.ndarray, coefficients: np.ndarray, box: np.ndarray, side: int) -> np.ndarray:
    """Prototypes mixed, enlarged to the input, above 0, cut to the box."""
    logits = cv2.resize(np.tensordot(coefficients, prototypes, 1), (side, side), interpolation=cv2.INTER_LINEAR)
    at = np.arange(side)
    across, down = ((at >= box[axis]) & (at < box[axis + 2]) for axis in (0, 1))
    return (logits > 0) & across & down[:, None]


def predictions(package: Package, file: Path) -> list[dict]:
    """In the form of a golden file."""
    found, masks = segment(package, file)
    return [
        {
            "classId": int(row[0]), "label": package.labels[int(row[0])], "score": round(float(row[1]), 4),
            "box": [round(float(v), 5) for v in row[2:]], "mask": rle.encode(mask),
        }
        for row, mask in zip(found, masks)
    ]
