"""Writes all of a package folder but the models: python package.py detector|classifier FOLDER SAMPLES.

Golden pictures are chosen among the samples: those on which both variants agree with a wide margin,
so that a failed golden test on a device means a broken device or file, not a close call.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

from batches import MEAN, STD
from nms import overlap
from parts.classes import CLASSES
from reference import Package, classify, detect, open_package, predictions
from rendered_json import render

VERSION = "1.0.0"
_GOLDEN = 3
_GOLDEN_BYTES = 50_000
_SCORE_TOLERANCE, _IOU = 0.05, 0.9
_VARIANTS = [
    {"file": "model.onnx", "precision": "fp32"},
    {"file": "model.int8.onnx", "precision": "int8", "providers": ["cpu"]},
]


def write_package(kind: str, folder: Path, samples: Path) -> None:
    name, task, side, output = _facts(kind)
    spec = {
        "schemaVersion": 1, "name": name, "version": VERSION, "task": task,
        "input": {
            "name": "images", "width": side, "height": side, "layout": "NCHW", "dtype": "float32", "color": "RGB",
            "resize": "stretch", "filter": "bilinear", "mean": [MEAN] * 3, "std": [STD] * 3,
        },
        "output": output, "labels": "labels.txt", "variants": _VARIANTS, "golden": [],
        "provenance": {
            "data": "synthetic pictures of machine parts, rendered by artifacts/training",
            "training": "artifacts/training, from random weights",
        },
    }
    (folder / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    manifest = {"metadata": {"model_name": name, "model_version": VERSION}}
    (folder / "sagemaker_edge_manifest").write_text(json.dumps(manifest) + "\n")
    (folder / "model.json").write_text(json.dumps(spec))

    golden = folder / "golden"
    shutil.rmtree(golden, ignore_errors=True)
    golden.mkdir()
    reference = open_package(folder)
    for file in choose_golden(kind, folder, samples):
        shutil.copy(file, golden / file.name)
        expect = golden / f"{file.stem}.json"
        rows = ",\n  ".join(json.dumps(row) for row in predictions(reference, file))
        expect.write_text(f"[\n  {rows}\n]\n")
        case = {"input": f"golden/{file.name}", "expect": f"golden/{expect.name}", "scoreTolerance": _SCORE_TOLERANCE}
        spec["golden"].append(case | ({"iou": _IOU} if kind == "detector" else {}))
    (folder / "model.json").write_text(render(spec) + "\n")


def _facts(kind: str) -> tuple[str, str, int, dict]:
    if kind == "detector":
        output = {
            "decoder": "ssd", "boxes": "boxes", "boxFormat": "xyxy", "scores": "scores", "backgroundClass": 0,
            "scoreThreshold": 0.4, "iouThreshold": 0.45, "maxDetections": 100,
        }
        return "PartsDetector", "object-detection", 512, output
    output = {"decoder": "classification", "output": "probs", "activation": "none", "topK": 5}
    return "PartsClassifier", "image-classification", 224, output


def choose_golden(kind: str, folder: Path, samples: Path) -> list[Path]:
    task = "object-detection" if kind == "detector" else "image-classification"
    truth = json.loads((samples / "ground-truth.json").read_text())
    variants = [open_package(folder, v["file"]) for v in _VARIANTS]
    distance = _detection_distance if kind == "detector" else _classification_distance
    files = [samples / f for f, t in truth.items() if t["task"] == task and f.endswith(".jpg")]
    files = [f for f in files if f.stat().st_size < _GOLDEN_BYTES]
    ranked = sorted(files, key=lambda f: distance(variants, f, truth[f.name]))
    return sorted(ranked[:_GOLDEN])


def _classification_distance(variants: list[Package], file: Path, truth: dict) -> float:
    first, second = (classify(v, file) for v in variants)
    wrong = float(CLASSES[int(first.argmax())] != truth["label"])
    return wrong + float(np.abs(first - second).max())


def _detection_distance(variants: list[Package], file: Path, truth: dict) -> float:
    """Worst score difference, or worse: a different set, a box that moved, a score near the threshold."""
    first, second = (detect(v, file) for v in variants)
    near = [r for v in variants for r in detect(v, file, 0.3) if r[1] < 0.47]
    if len(first) != len(second) or len(first) != len(truth["objects"]) or len(first) < 3 or near:
        return 2.0
    table = overlap(first[:, 2:], second[:, 2:]) * (first[:, :1] == second[:, 0])
    partner = table.argmax(1)
    moved = 1 - float(table.max(1).min())
    return float(np.abs(first[:, 1] - second[partner, 1]).max()) + 0.3 * moved + (1.0 if moved > 0.07 else 0.0)


if __name__ == "__main__":
    write_package(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
