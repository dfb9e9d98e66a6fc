"""The reference pipeline: the exact steps that a device repeats, from file to predictions."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

from nms import Detections, detections


@dataclass(frozen=True)
class Package:
    """A package folder opened with one of its variants."""

    spec: dict
    labels: list[str]
    session: ort.InferenceSession


def open_package(folder: Path, variant: str = "model.onnx") -> Package:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(folder / variant, options, providers=["CPUExecutionProvider"])
    labels = (folder / "labels.txt").read_text().split("\n")
    return Package(json.loads((folder / "model.json").read_text()), [line for line in labels if line], session)


def tensor(spec: dict, file: Path) -> np.ndarray:
    """Decode, stretch with plain bilinear sampling (no antialiasing), RGB, normalize, NCHW."""
    wanted = spec["input"]
    image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    image = cv2.resize(image, (wanted["width"], wanted["height"]), interpolation=cv2.INTER_LINEAR)[..., ::-1]
    value = (image.astype(np.float32) - np.float32(wanted["mean"])) / np.float32(wanted["std"])
    return np.ascontiguousarray(value.transpose(2, 0, 1)[None])


def detect(package: Package, file: Path, threshold: float | None = None) -> Detections:
    output = package.spec["output"]
    boxes, scores = package.session.run(["boxes", "scores"], {"images": tensor(package.spec, file)})
    least = output["scoreThreshold"] if threshold is None else threshold
    return detections(boxes[0], scores[0], least, output["iouThreshold"], output["maxDetections"])


def classify(package: Package, file: Path) -> np.ndarray:
    """Probability per class."""
    return package.session.run(["probs"], {"images": tensor(package.spec, file)})[0][0]


def predictions(package: Package, file: Path) -> list[dict]:
    """In the form of a golden file: best first, scores to four decimals."""
    if package.spec["task"] == "image-classification":
        probabilities = classify(package, file)
        order = np.argsort(-probabilities, kind="stable")[: package.spec["output"]["topK"]]
        return [{"classId": int(i), "label": package.labels[i], "score": round(float(probabilities[i]), 4)} for i in order]
    return [
        {
            "classId": int(row[0]),
            "label": package.labels[int(row[0])],
            "score": round(float(row[1]), 4),
            "box": [round(float(v), 5) for v in row[2:]],
        }
        for row in detect(package, file)
    ]
