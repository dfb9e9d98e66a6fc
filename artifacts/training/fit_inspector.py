"""Fits GearInspector: python fit_inspector.py CLASSIFIER_FOLDER TARGET_FOLDER.

As PatchCore does (Roth and others, "Towards Total Recall in Industrial Anomaly Detection", 2022): the features of patches of good parts are
remembered, thinned out; a patch is as anomalous as it is far from the nearest of them. The features are those of PartsClassifier's backbone.
Nothing is learned from defects; a second set of pictures, good and bad, only sets threshold and range.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

from batches_of_station import pictures
from inspector_graph import features_graph, inspector_graph

_BANK = 1600
_SEED = 20261127


def fit(classifier: Path, target: Path) -> None:
    backbone = onnx.load(classifier / "model.onnx")
    features = ort.InferenceSession(features_graph(backbone).SerializeToString(), providers=["CPUExecutionProvider"])
    patches = np.concatenate([_patches(features, image) for image, _, _ in pictures("station-train")])
    mean, deviation = patches.mean(0), patches.std(0) + 1e-6
    bank = _thin_out((patches - mean) / deviation, _BANK)
    target.mkdir(parents=True, exist_ok=True)
    onnx.save(inspector_graph(backbone, mean, deviation, bank), target / "model.onnx")
    print(f"{len(patches)} patches, {len(bank)} kept, {(target / 'model.onnx').stat().st_size} bytes")
    (target / "model.json").write_text(json.dumps(_decided(target / "model.onnx")))


def _patches(session: ort.InferenceSession, image: np.ndarray) -> np.ndarray:
    (features,) = session.run(None, {"images": image})
    return features[0].reshape(features.shape[1], -1).T


def _thin_out(patches: np.ndarray, count: int) -> np.ndarray:
    """Greedy k-center: the next one is furthest from all that were taken; distances by a random projection."""
    rng = np.random.default_rng(_SEED)
    small = (patches @ rng.normal(size=(patches.shape[1], 32))).astype(np.float32)
    taken = [int(rng.integers(len(small)))]
    nearest = ((small - small[taken[0]]) ** 2).sum(1)
    while len(taken) < count:
        taken.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((small - small[taken[-1]]) ** 2).sum(1))
    return patches[taken].astype(np.float32)


def _decided(file: Path) -> dict:
    """Threshold with the best F1 on the second set, half-way to the next lower score; range of the scores.

    Its upper end is what three of four bad ones reach: the worst of them would leave no room for the others.
    """
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    pairs = [(float(session.run(["score"], {"images": image})[0][0]), defect is not None) for image, _, defect in pictures("station-dev")]
    scores, truth = np.array([score for score, _ in pairs]), np.array([is_bad for _, is_bad in pairs])
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * np.cumsum(truth[order]) / (np.arange(1, len(scores) + 1) + truth.sum())
    best = int(f1.argmax())
    decided = {"threshold": scores[order[best : best + 2]].mean(), "min": scores.min(), "max": np.percentile(scores[truth], 75)}
    return {"image": {key: round(float(value), 4) for key, value in decided.items()}}


if __name__ == "__main__":
    fit(Path(sys.argv[1]), Path(sys.argv[2]))
