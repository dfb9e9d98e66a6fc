"""mAP at IoU 0.5 of a detector on labeled pictures: python -m loop.measure MODEL.onnx LABELS.txt ANNOTATIONS=PICTURES…"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort

from batches import MEAN, STD
from loop.coco_set import joined, read
from metrics import curves
from nms import detections


def main(model: Path, names: Path, sets: list[list[str]]) -> None:
    labels = tuple(names.read_text().split("\n")[:-1])
    data = joined([read(Path(annotations), Path(pictures), labels) for annotations, pictures in sets])
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = []
    for image in data.images:
        tensor = ((image.astype(np.float32) - MEAN) / STD).transpose(2, 0, 1)[None]
        boxes, scores = session.run(["boxes", "scores"], {"images": np.ascontiguousarray(tensor)})
        found.append(detections(boxes[0], scores[0], 0.02))
    asked = [curve for curve in curves(found, data.objects, len(labels)) if curve.parts > 0]
    present = [labels[i] for i in range(len(labels)) if any((rows[:, 0] == i).any() for rows in data.objects)]
    by_class = {name: round(curve.ap, 4) for name, curve in zip(present, asked)}
    print(json.dumps({"map": round(float(np.mean([c.ap for c in asked])), 4), "classes": by_class, "pictures": len(found)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [word.split("=") for word in sys.argv[3:]])
