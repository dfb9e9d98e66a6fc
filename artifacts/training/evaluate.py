"""Measures both packages on the held-back splits and writes the report: python evaluate.py CACHE MODELS REPORT."""

import json
import sys
from collections.abc import Callable
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from confusion import classification_confusion, detection_confusion
from figures import draw_confusion, draw_curves, draw_sheet
from metrics import curves
from parts.classes import CLASSES
from reference import classify, detect, open_package
from summary import ClassifierResult, DetectorResult, write_summary

VARIANTS = ("model.onnx", "model.int8.onnx")
# The curves need what lies below the threshold of the package, too.
_CURVE_THRESHOLD = 0.02


def _detect_one(job: tuple[Path, str, list[Path]]) -> list[np.ndarray]:
    package = open_package(job[0], job[1])
    return [detect(package, file, _CURVE_THRESHOLD) for file in job[2]]


def _classify_one(job: tuple[Path, str, list[Path]]) -> list[np.ndarray]:
    package = open_package(job[0], job[1])
    return [classify(package, file) for file in job[2]]


def _spread(work: Callable, folder: Path, variant: str, files: list[Path]) -> list[np.ndarray]:
    chunks = [files[i : i + 50] for i in range(0, len(files), 50)]
    with Pool() as pool:
        return [row for chunk in pool.map(work, [(folder, variant, c) for c in chunks]) for row in chunk]


def _split(folder: Path) -> tuple[list[Path], list[np.ndarray]]:
    rows = json.loads((folder / "objects.json").read_text())
    return [folder / name for name, _ in rows], [np.array(o, np.float32).reshape(-1, 5) for _, o in rows]


def main(cache: Path, models: Path, report: Path) -> None:
    report.mkdir(exist_ok=True)
    files, truth = _split(cache / "scenes-test")
    detectors: list[DetectorResult] = []
    for variant in VARIANTS:
        found = _spread(_detect_one, models / "PartsDetector", variant, files)
        strict = np.mean([[c.ap for c in curves(found, truth, len(CLASSES), iou)] for iou in np.arange(0.5, 0.96, 0.05)])
        detectors.append(DetectorResult(variant, curves(found, truth, len(CLASSES)), float(strict), len(files)))
        if variant == VARIANTS[0]:
            sure = [f[f[:, 1] >= 0.4] for f in found]
            draw_confusion(detection_confusion(sure, truth), [*CLASSES, "nothing"], report / "detector-confusion.png")
            draw_sheet(files, sure, truth, report / "detections.png")
    draw_curves(detectors, report / "precision-recall.png")

    files, truth = _split(cache / "closeups-test")
    labels = np.array([t[0, 0] for t in truth], int)
    classifiers: list[ClassifierResult] = []
    for variant in VARIANTS:
        probabilities = np.stack(_spread(_classify_one, models / "PartsClassifier", variant, files))
        classifiers.append(ClassifierResult(variant, probabilities, labels))
    draw_confusion(classification_confusion(classifiers[0].probabilities.argmax(1), labels), list(CLASSES), report / "classifier-confusion.png")
    write_summary(detectors, classifiers, models, report / "report.md")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
