"""Exports models of Ultralytics for poses, turned boxes and masks with random weights, asks Ultralytics itself for what they find on a picture,
and runs `edgeml predict --golden` with that answer as the golden test of each; any difference is an error.
Nothing that this writes belongs into the repository: the exporter is under the AGPL.

usage: compare_ultralytics_tasks.py PICTURE FOLDER          needs: ultralytics, onnx, onnxruntime, pycocotools
"""
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys

import numpy as np
import torch
from PIL import Image
from pycocotools import mask as coco
from ultralytics import YOLO

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
SIDE = 320
ROWS = 240
LIMITS = {"conf": 0.25, "iou": 0.45, "max_det": 20}
TASK_NAMES = {"pose": "pose", "obb": "obb", "seg": "segment"}
# YOLO26 with `nms=False` ends in its own finished rows.
FORMS = {"yolo11n": {}, "yolo11n-nms": {"nms": True}, "yolo26n": {}, "yolo26n-end2end": {"nms": False}}


def random_model(family, task, picture):
    """Untrained heads find nothing: their last layers are scaled so that on this picture the scores of a few cells are high, and boxes,
    points, angles and masks differ from one another."""
    torch.manual_seed(7)
    model = YOLO(f"{family}-{task}.yaml", task=TASK_NAMES[task])
    network = model.model.eval()
    # Without a distribution for each side, the sides are what comes out: they must not be negative.
    sides = (1, 1) if network.model[-1].reg_max > 1 else (0.4, 2.5)
    pixels = torch.from_numpy(np.array(Image.open(picture))).permute(2, 0, 1)[None] / 255
    bar = (SIDE - ROWS) // 2
    pixels = torch.nn.functional.pad(pixels, (0, 0, bar, bar), value=114 / 255)
    for name, spread, middle in [("cv3", 1.5, -6), ("cv2", *sides), ("cv4", 1, 0), ("cv4_kpts", 1, 0)]:
        for branch in [one for prefix in ("", "one2one_") for one in getattr(network.model[-1], prefix + name, None) or []]:
            last = branch[-1] if isinstance(branch, torch.nn.Sequential) else branch
            if not isinstance(last, torch.nn.Conv2d):
                continue
            torch.nn.init.normal_(last.weight, 0, 1)
            last.bias.data[:] = 0
            seen = []
            hook = last.register_forward_hook(lambda _module, _inputs, output: seen.append(output.detach()))
            with torch.no_grad():
                network(pixels)
            hook.remove()
            scale = spread / seen[0].std()
            last.weight.data *= scale
            last.bias.data[:] = middle - scale * seen[0].mean()
    return model


def expected(result):
    scale = torch.tensor([SIDE, ROWS])
    boxes = result.obb if result.obb is not None else result.boxes
    for at in np.argsort(-boxes.conf.numpy(), kind="stable"):
        one = {"classId": int(boxes.cls[at]), "label": result.names[int(boxes.cls[at])], "score": float(boxes.conf[at])}
        if result.obb is not None:
            quad = boxes.xyxyxyxy[at][[2, 1, 0, 3]]
            low, high = quad.min(0).values / scale, quad.max(0).values / scale
            x, y = max(((quad[i + 1] - quad[i]).tolist() for i in (0, 1)), key=lambda side: math.hypot(*side))
            one["corners"] = (quad / scale).tolist()
            one["angle"] = math.atan2(y, x) % math.pi
            one["box"] = [*low.clamp(0, 1).tolist(), *high.clamp(0, 1).tolist()]
        else:
            one["box"] = (boxes.xyxy[at].reshape(2, 2) / scale).flatten().tolist()
        if result.keypoints is not None:
            points = result.keypoints.data[at]
            one["keypoints"] = [[*(point[:2] / scale).tolist(), float(point[2])] for point in points]
        if result.masks is not None:
            top = (SIDE - ROWS) // 2
            pixels = result.masks.data[at, top : top + ROWS].numpy().astype(np.uint8)
            one["mask"] = {"size": [ROWS, SIDE], "counts": coco.encode(np.asfortranarray(pixels))["counts"].decode()}
        yield one


def package(folder, form, task, picture):
    family, options = form.split("-")[0], FORMS[form]
    name = f"{form}-{task}"
    target = os.path.join(folder, name)
    os.makedirs(os.path.join(target, "golden"), exist_ok=True)
    model = random_model(family, task, picture)
    file = model.export(format="onnx", imgsz=SIDE, **options, **(LIMITS if options.get("nms") else {}))
    shutil.move(file, os.path.join(target, "model.onnx"))
    found = YOLO(os.path.join(target, "model.onnx"), task=TASK_NAMES[task])
    answers = list(expected(found.predict(picture, imgsz=SIDE, verbose=False, **LIMITS)[0]))
    shutil.copy(picture, os.path.join(target, "golden", "belt.png"))
    with open(os.path.join(target, "golden", "belt.json"), "w") as out:
        json.dump(answers, out)
    with open(os.path.join(target, "model.onnx"), "rb") as model_file:
        print(f"{name}: {len(answers)} predictions, sha256 {hashlib.sha256(model_file.read()).hexdigest()}", flush=True)
    return target


def edgeml(*arguments):
    return subprocess.run(["npm", "run", "-s", "edgeml", "--", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def check(target):
    """The manifest that `inspect` proposes, with the limits of this comparison, and the golden test with narrow tolerances."""
    proposal = json.loads(edgeml("inspect", "--onnx", os.path.join(target, "model.onnx"), "--json"))
    manifest = {key: value for key, value in proposal["proposed"].items() if key != "$schema"}
    manifest["output"]["maxDetections"] = LIMITS["max_det"]
    if "iouThreshold" in manifest["output"]:
        manifest["output"]["iouThreshold"] = LIMITS["iou"]
    tolerances = {"scoreTolerance": 0.002, "iou": 0.99, "pointTolerance": 0.002, "angleTolerance": 0.005}
    manifest["golden"] = [{"input": "golden/belt.png", "expect": "golden/belt.json", **tolerances}]
    with open(os.path.join(target, "model.json"), "w") as out:
        json.dump(manifest, out, indent=2)
    with open(os.path.join(target, "labels.txt"), "w") as out:
        out.write("\n".join(proposal["labels"]) + "\n")
    picture = os.path.join(target, "golden", "belt.png")
    edgeml("predict", "--package", target, "--image", picture, "--golden", "--annotate", os.path.join(target, "annotated"))


if __name__ == "__main__":
    source, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    picture = os.path.join(os.path.abspath(folder), "belt.png")
    # No resizing, whose rounding is another test's: bars alone.
    Image.open(source).convert("RGB").resize((SIDE, ROWS)).save(picture)
    for task in TASK_NAMES:
        for form in FORMS:
            check(package(folder, form, task, picture))
