"""Renders samples of piles, and writes all of PartsSegmenter's package but the model: python package_segmenter.py FOLDER SAMPLES.

Golden pictures are those on which no score lies near the threshold.
"""

import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np

from batches import MEAN, STD
from parts.classes import CLASSES
from parts.scene import render_scene
from parts.sprite import make_bank
from reference import Package, open_package
from rendered_json import render
from segment import predictions, segment
from splits import SEED

_NAME, _VERSION = "PartsSegmenter", "1.0.0"
_STREAM, _PILES = 17, 6
_GOLDEN, _SCORE_TOLERANCE, _IOU = 3, 0.05, 0.9
_QUALITY = 82


def main(folder: Path, samples: Path) -> None:
    truth = _render_samples(samples)
    spec = {
        "schemaVersion": 1, "name": _NAME, "version": _VERSION, "task": "instance-segmentation",
        "input": {
            "name": "images", "width": 512, "height": 512, "layout": "NCHW", "dtype": "float32", "color": "RGB",
            "resize": "stretch", "filter": "bilinear", "mean": [MEAN] * 3, "std": [STD] * 3,
        },
        "output": {
            "decoder": "yolov8-seg", "output": "rows", "prototypes": "prototypes",
            "scoreThreshold": 0.4, "iouThreshold": 0.45, "maxDetections": 100,
        },
        "labels": "labels.txt", "variants": [{"file": "model.onnx", "precision": "fp32"}], "golden": [],
        "provenance": {
            "data": "synthetic pictures of machine parts, rendered by artifacts/training",
            "training": "artifacts/training, PartsDetector with masks",
        },
    }
    (folder / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    manifest = {"metadata": {"model_name": _NAME, "model_version": _VERSION}}
    (folder / "sagemaker_edge_manifest").write_text(json.dumps(manifest) + "\n")
    (folder / "model.json").write_text(json.dumps(spec))

    golden = folder / "golden"
    shutil.rmtree(golden, ignore_errors=True)
    golden.mkdir()
    package = open_package(folder)
    ranked = sorted(truth, key=lambda name: _doubt(package, samples / name, len(truth[name]["objects"])))
    for name in sorted(ranked[:_GOLDEN]):
        shutil.copy(samples / name, golden / name)
        expect = golden / f"{Path(name).stem}.json"
        rows = ",\n  ".join(json.dumps(row) for row in predictions(package, samples / name))
        expect.write_text(f"[\n  {rows}\n]\n")
        case = {"input": f"golden/{name}", "expect": f"golden/{expect.name}"}
        spec["golden"].append(case | {"scoreTolerance": _SCORE_TOLERANCE, "iou": _IOU})
    (folder / "model.json").write_text(render(spec) + "\n")


def _doubt(package: Package, file: Path, parts: int) -> float:
    """How far the nearest score is from the threshold, less is worse; a wrong number of parts is worst."""
    found, _ = segment(package, file, 0.2)
    threshold = package.spec["output"]["scoreThreshold"]
    missed = abs(int((found[:, 1] >= threshold).sum()) - parts)
    return missed - float(np.abs(found[:, 1] - threshold).min())


def _render_samples(folder: Path) -> dict[str, dict]:
    folder.mkdir(parents=True, exist_ok=True)
    truth = {}
    for index in range(_PILES):
        rng = np.random.default_rng(np.random.SeedSequence([SEED, _STREAM, index]))
        scene = render_scene(rng, make_bank(rng, per_class=2), size=(640, 480), pile=True)
        name = f"pile-{index + 1:02d}.jpg"
        cv2.imwrite(str(folder / name), scene.image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        objects = [{"label": label, "box": [round(float(v), 4) for v in box]} for label, box in scene.objects]
        truth[name] = {"task": "instance-segmentation", "objects": objects}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in truth.items())
    (folder / "ground-truth.json").write_text(f"{{\n{lines}\n}}\n")
    return truth


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
