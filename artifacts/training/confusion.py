"""Confusion matrices: rows are the truth, columns the answer."""

import numpy as np

from nms import Detections, overlap
from parts.classes import CLASSES


def classification_confusion(answers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    table = np.zeros((len(CLASSES), len(CLASSES)), int)
    np.add.at(table, (labels, answers), 1)
    return table


def detection_confusion(found: list[Detections], truth: list[np.ndarray], iou: float = 0.5) -> np.ndarray:
    """Pairs by place alone, best overlap first; the last row and column stand for "nothing there"."""
    nothing = len(CLASSES)
    table = np.zeros((nothing + 1, nothing + 1), int)
    for rows, parts in zip(found, truth):
        overlaps = overlap(parts[:, 1:], rows[:, 2:])
        open_parts, open_rows = set(range(len(parts))), set(range(len(rows)))
        for flat in np.argsort(-overlaps, axis=None, kind="stable"):
            part, row = divmod(int(flat), max(1, len(rows)))
            if overlaps[part, row] < iou:
                break
            if part in open_parts and row in open_rows:
                table[int(parts[part, 0]), int(rows[row, 0])] += 1
                open_parts.discard(part)
                open_rows.discard(row)
        for part in open_parts:
            table[int(parts[part, 0]), nothing] += 1
        for row in open_rows:
            table[nothing, int(rows[row, 0])] += 1
    return table
