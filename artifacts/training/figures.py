"""The pictures of the report."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image

from nms import Detections
from parts.classes import CLASSES
from summary import DetectorResult

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

_TILE = (400, 300)
_COLORS = [tuple(int(255 * v) for v in plt.get_cmap("tab10")(i)[2::-1]) for i in range(len(CLASSES))]


def _save(figure: plt.Figure, file: Path) -> None:
    figure.tight_layout()
    figure.savefig(file, dpi=80, pil_kwargs={"optimize": True})
    plt.close(figure)


def draw_curves(results: list[DetectorResult], file: Path) -> None:
    figure, axes = plt.subplots(1, len(results), figsize=(11, 4.6), sharey=True)
    for axis, result in zip(axes, results):
        for label, curve in zip(CLASSES, result.curves):
            axis.plot(curve.recall, curve.precision, label=f"{label} {curve.ap:.3f}", linewidth=1.2)
        axis.set(title=f"{result.variant}: mAP@0.5 {result.map50:.4f}", xlabel="recall", ylabel="precision", xlim=(0.5, 1.005), ylim=(0.5, 1.005))
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, loc="lower left")
    _save(figure, file)


def draw_confusion(table: np.ndarray, names: list[str], file: Path) -> None:
    share = table / np.maximum(1, table.sum(1, keepdims=True))
    figure, axis = plt.subplots(figsize=(6.4, 5.6))
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axis.set_yticks(range(len(names)), names)
    axis.set(xlabel="answer", ylabel="truth")
    for row, column in np.ndindex(*table.shape):
        if table[row, column]:
            color = "white" if share[row, column] > 0.5 else "black"
            axis.text(column, row, str(table[row, column]), ha="center", va="center", fontsize=8, color=color)
    _save(figure, file)


def draw_sheet(files: list[Path], found: list[Detections], truth: list[np.ndarray], file: Path, count: int = 12) -> None:
    """Every n-th test picture, not a choice. Thin white: truth; colored: detections."""
    tiles = []
    for index in np.linspace(0, len(files) - 1, count).astype(int):
        image = cv2.resize(cv2.imread(str(files[index])), _TILE, interpolation=cv2.INTER_AREA)
        for row in truth[index]:
            cv2.rectangle(image, *_corners(row[1:]), (255, 255, 255), 1)
        for row in found[index]:
            color, (a, b) = _COLORS[int(row[0])], _corners(row[2:])
            cv2.rectangle(image, a, b, color, 2)
            text = f"{CLASSES[int(row[0])]} {row[1]:.2f}"
            at = (a[0], max(10, a[1] - 3))
            cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 3, cv2.LINE_AA)
            cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (255, 255, 255), 1, cv2.LINE_AA)
        tiles.append(image)
    sheet = np.vstack([np.hstack(tiles[i : i + 4]) for i in range(0, count, 4)])
    # A palette keeps the picture under half a megabyte.
    Image.fromarray(sheet[..., ::-1]).quantize(192, dither=Image.Dither.NONE).save(file, optimize=True)


def _corners(box: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    x0, y0, x1, y1 = box * [_TILE[0], _TILE[1], _TILE[0], _TILE[1]]
    return (int(x0), int(y0)), (int(x1), int(y1))
