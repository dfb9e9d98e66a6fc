"""Renders the samples of the inspection station, and writes all of GearInspector's package but the model: python package_inspector.py FOLDER SAMPLES.

Golden pictures are one good gear and bad ones whose scores lie far from the threshold.
"""

import base64
import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

from inspector_graph import INPUT_PX, MEAN, STD
from parts.defects import DEFECTS
from parts.station import Station
from rendered_json import render
from splits import SEED

_NAME, _VERSION = "GearInspector", "1.0.0"
_STREAM = 14
"""Of samples that the model judges right with a margin; evaluate_inspector.py measures how often it does not."""
_GOLDEN = ("gear-01-good.jpg", "gear-04-stain.jpg", "gear-07-rust.jpg")
_QUALITY = 88


def main(folder: Path, samples: Path) -> None:
    _render_samples(samples)
    decided = json.loads((folder / "model.json").read_text())
    decided = decided.get("output", decided)
    output = {"decoder": "anomaly", "score": "score", "map": "map", "image": decided["image"]}
    spec = {
        "schemaVersion": 1, "name": _NAME, "version": _VERSION, "task": "anomaly",
        "input": {
            "name": "images", "width": INPUT_PX, "height": INPUT_PX, "layout": "NCHW", "dtype": "float32", "color": "RGB",
            "resize": "stretch", "filter": "bilinear", "mean": [MEAN] * 3, "std": [STD] * 3,
        },
        "output": output, "variants": [{"file": "model.onnx", "precision": "fp32"}], "golden": [],
        "provenance": {
            "data": "synthetic pictures of gears, rendered by artifacts/training",
            "training": "artifacts/training, features of PartsClassifier, good pictures only",
        },
    }
    manifest = {"metadata": {"model_name": _NAME, "model_version": _VERSION}}
    (folder / "sagemaker_edge_manifest").write_text(json.dumps(manifest) + "\n")
    session = ort.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    golden = folder / "golden"
    shutil.rmtree(golden, ignore_errors=True)
    golden.mkdir()
    for name in _GOLDEN:
        shutil.copy(samples / name, golden / name)
        expect = golden / f"{Path(name).stem}.json"
        expect.write_text(f"[\n  {json.dumps(predict(session, output, samples / name))}\n]\n")
        spec["golden"].append({"input": f"golden/{name}", "expect": f"golden/{expect.name}", "scoreTolerance": 0.05})
    (folder / "model.json").write_text(render(spec) + "\n")


def predict(session: ort.InferenceSession, output: dict, file: Path) -> dict:
    """In the form of a golden file."""
    image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    image = cv2.resize(image, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_LINEAR)[..., ::-1]
    tensor = np.ascontiguousarray(((image.astype(np.float32) - MEAN) / STD).transpose(2, 0, 1)[None])
    score, cells = session.run(["score", "map"], {"images": tensor})
    value = float(_normalized(score, output["image"])[0])
    heat = np.floor(255 * _normalized(cells[0, 0].astype(np.float64), output["image"]) + 0.5).astype(np.uint8)
    return {
        "classId": int(value > 0.5), "label": "anomaly" if value > 0.5 else "normal", "score": round(value, 4), "threshold": 0.5,
        "heatMap": {"size": list(heat.shape), "values": base64.b64encode(heat.tobytes()).decode()},
    }


def _normalized(values: np.ndarray, decided: dict) -> np.ndarray:
    return np.clip((values - decided["threshold"]) / (decided["max"] - decided["min"]) + 0.5, 0, 1)


def _render_samples(folder: Path) -> None:
    """Three good gears and one with each defect; held back from fitting by their own seed."""
    folder.mkdir(parents=True, exist_ok=True)
    station, truth = Station(), {}
    kinds = ["good", "good", "good", *DEFECTS]
    order = [kinds[at] for at in (0, 3, 1, 5, 4, 2, 6, 7)]
    for index, kind in enumerate(order):
        rng = np.random.default_rng(np.random.SeedSequence([SEED, _STREAM, index]))
        image, _ = station.picture(rng, None if kind == "good" else kind)
        name = f"gear-{index + 1:02d}-{kind}.jpg"
        cv2.imwrite(str(folder / name), image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        truth[name] = {"task": "anomaly", "label": "normal" if kind == "good" else "anomaly"}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in truth.items())
    (folder / "ground-truth.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
