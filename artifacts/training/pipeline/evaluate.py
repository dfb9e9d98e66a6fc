"""Third step: measures the model on held-back pictures, and lays out what `edgeml package` and the twin need.

python evaluate.py DATA CHECKPOINT OUT [--min-accuracy X] [--name NAME]

  OUT/source/          model.onnx, labels.txt, model.json with the bounds of the model: for `edgeml package --source`
  OUT/golden/          pictures to make golden cases of: of each class the one that the model is surest of
  OUT/reference/       pictures for `--baseline`
  OUT/held-back/       a folder for each label: for `edgeml twin --held-back`
  OUT/evaluation.json  the figures, in the form of Amazon SageMaker's model quality report
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import cv2
import numpy as np

from batches import MEAN, STD
from export import export
from parts.classes import CLASSES
from reference import classify, open_package

_SIDE = 224


def manifest(name: str, min_accuracy: float) -> dict:
    return {
        "schemaVersion": 1, "name": name, "version": "1.0.0", "task": "image-classification",
        "input": {
            "name": "images", "width": _SIDE, "height": _SIDE, "layout": "NCHW", "dtype": "float32", "color": "RGB",
            "resize": "stretch", "filter": "bilinear", "mean": [MEAN] * 3, "std": [STD] * 3,
        },
        "output": {"decoder": "classification", "output": "probs", "activation": "none", "topK": 5},
        "labels": "labels.txt", "variants": [{"file": "model.onnx", "precision": "fp32"}],
        "acceptance": {"minAccuracy": min_accuracy, "maxP95Ms": 200, "maxMemoryMb": 1500},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--min-accuracy", type=float, default=0.9)
    parser.add_argument("--name", default="PartsClassifier")
    options = parser.parse_args()
    out = options.out
    shutil.rmtree(out, ignore_errors=True)
    source = out / "source"
    for folder in (source, out / "golden", out / "reference"):
        folder.mkdir(parents=True)
    export("classifier", options.checkpoint, source / "model.onnx")
    (source / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    (source / "model.json").write_text(json.dumps(manifest(options.name, options.min_accuracy), indent=2) + "\n")

    package = open_package(source)
    surest: dict[str, tuple[float, Path]] = {}
    right = 0
    rows = json.loads((options.data / "closeups-test" / "objects.json").read_text())
    for name, objects in rows:
        file, label = options.data / "closeups-test" / name, CLASSES[int(objects[0][0])]
        probabilities = classify(package, file)
        is_right = CLASSES[int(probabilities.argmax())] == label
        right += is_right
        if is_right and float(probabilities.max()) > surest.get(label, (0.0, file))[0]:
            surest[label] = (float(probabilities.max()), file)
        (out / "held-back" / label).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, out / "held-back" / label / name)
    for label, (_, file) in surest.items():
        shutil.copy(file, out / "golden" / f"{label}.jpg")
    # Pictures that trained: a baseline tells what they look like, not how good the model is.
    images = np.load(options.data / "closeups-train" / "images.npy", mmap_mode="r")
    for index in range(len(images)):
        cv2.imwrite(str(out / "reference" / f"{index:05d}.jpg"), images[index][..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    accuracy = right / len(rows)
    report = {"multiclass_classification_metrics": {"accuracy": {"value": accuracy}}, "pictures": len(rows)}
    (out / "evaluation.json").write_text(json.dumps(report, indent=2) + "\n")
    print(f"top-1 {accuracy:.4f} on {len(rows)} held-back pictures", flush=True)


if __name__ == "__main__":
    main()
