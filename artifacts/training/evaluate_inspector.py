"""Image-level AUROC and what the threshold does, on held-back pictures: python evaluate_inspector.py FOLDER."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

from batches_of_station import pictures
from parts.defects import DEFECTS


def auroc(good: np.ndarray, bad: np.ndarray) -> float:
    """How often a bad one scores higher than a good one; ties count half. Source: Hanley and McNeil, 1982."""
    return float(((bad[:, None] > good).mean() + (bad[:, None] >= good).mean()) / 2)


def main(folder: Path) -> None:
    spec = json.loads((folder / "model.json").read_text())
    decided = spec.get("output", spec)
    session = ort.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    scores: dict[str | None, list[float]] = {}
    pixels: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for image, mask, defect in pictures("station-test"):
        score, anomaly_map = session.run(["score", "map"], {"images": image})
        scores.setdefault(defect, []).append(float(score.ravel()[0]))
        pixels[0].append(anomaly_map.ravel())
        pixels[1].append(cv2.resize(mask, anomaly_map.shape[:1:-1], interpolation=cv2.INTER_AREA).ravel() > 0)
    good = np.array(scores[None])
    bad = np.concatenate([scores[kind] for kind in DEFECTS])
    threshold = decided["image"]["threshold"]
    print(f"image-level AUROC {auroc(good, bad):.4f} ({len(good)} good, {len(bad)} bad)")
    print(f"at the threshold: {(bad > threshold).mean():.3f} of the bad ones found, {(good > threshold).mean():.3f} of the good ones taken for bad")
    for kind in DEFECTS:
        print(f"  {kind}: AUROC {auroc(good, np.array(scores[kind])):.4f}, found {(np.array(scores[kind]) > threshold).mean():.3f}")
    values, truth = np.concatenate(pixels[0]), np.concatenate(pixels[1])
    ranks = values.argsort().argsort() + 1
    area = (ranks[truth].sum() - truth.sum() * (truth.sum() + 1) / 2) / (truth.sum() * (~truth).sum())
    print(f"cell-level AUROC {area:.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
