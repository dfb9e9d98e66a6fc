"""Exports models of Ultralytics and torchvision with random weights, and writes cases with the answers of their own code.

python torch_references.py OUT: makes OUT/<family>/model.onnx, cases/ and expected.json, as references.py does, and prints the hash of
each model and the versions that wrote it. torch-requirements.txt has the packages that it needs. What Ultralytics' exporter writes is under
the AGPL: nothing of it belongs into the repository.
"""

import hashlib
import json
import math
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("YOLO_AUTOINSTALL", "false")
os.environ.setdefault("YOLO_OFFLINE", "true")
import numpy as np
import onnx
import onnxruntime
import torch
import torchvision
import ultralytics
from PIL import Image
from pycocotools import mask as coco
from torchvision.transforms import functional
from ultralytics import RTDETR, YOLO

from random_weights import HERE, PHOTOS, last_layers, rescale, settle, some_pixels, spread_out

OUT = Path(sys.argv[1])
ONLY = sys.argv[2:]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
LIMITS = {"conf": 0.25, "iou": 0.7, "max_det": 100}
TASKS = {"detect": "", "segment": "-seg", "semantic": "-sem", "pose": "-pose", "obb": "-obb", "classify": "-cls"}
# Folder: name of the configuration, task, side, and what is exported otherwise than by default.
ULTRALYTICS = {
    "yolov5nu": ("yolov5n", "detect", 320, {}),
    "yolov8s": ("yolov8s", "detect", 320, {}),
    "yolov9t": ("yolov9t", "detect", 320, {}),
    "yolov10n": ("yolov10n", "detect", 320, {}),
    "yolo11n": ("yolo11n", "detect", 320, {}),
    "yolo11s-rectangular": ("yolo11s", "detect", (256, 416), {}),
    "yolo11n-dynamic": ("yolo11n", "detect", 160, {"dynamic": True}),
    "yolo11n-nms": ("yolo11n", "detect", 320, {"nms": True}),
    "yolo12n": ("yolo12n", "detect", 320, {}),
    "yolo26n": ("yolo26n", "detect", 320, {}),
    "yolo26s-finished": ("yolo26s", "detect", 320, {"nms": False}),
    "yolov8n-seg": ("yolov8n", "segment", 320, {}),
    "yolo26n-seg": ("yolo26n", "segment", 320, {}),
    "yolo26n-sem": ("yolo26n", "semantic", 320, {}),
    "yolov8n-pose": ("yolov8n", "pose", 320, {}),
    "yolo11n-pose-dynamic": ("yolo11n", "pose", 320, {"dynamic": True}),
    "yolo26n-pose": ("yolo26n", "pose", 320, {}),
    "yolo11n-obb": ("yolo11n", "obb", 320, {}),
    "yolo26n-obb": ("yolo26n", "obb", 320, {}),
    "yolov8n-cls": ("yolov8n", "classify", 224, {}),
    "yolo11n-cls": ("yolo11n", "classify", 224, {}),
    "rtdetr-l": ("rtdetr-l", "detect", 320, {}),
}


def photos(folder):
    (folder / "cases").mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(PHOTOS):
        image = Image.open(HERE / name).convert("RGB")
        # Of three forms; none has the sides of a model.
        image = image.crop((0, 0, image.width - 37 * index, image.height))
        image.thumbnail((640, 640))
        file = folder / "cases" / f"{index:02}.png"
        image.save(file)
        yield file, image


def folder_of(name):
    shutil.rmtree(OUT / name, ignore_errors=True)
    (OUT / name).mkdir(parents=True)
    return OUT / name


def done(folder, cases):
    (folder / "expected.json").write_text(json.dumps(cases))
    print(folder.name, hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(), flush=True)


def label_of(result, at):
    return {"classId": at, "label": result.names[at]}


def answers(result, raw):
    height, width = result.orig_shape
    if getattr(result, "semantic_mask", None) is not None:
        return regions(result, raw)
    scale = torch.tensor([width, height])
    if result.probs is not None:
        return [{**label_of(result, at), "score": float(result.probs.data[at])} for at in result.probs.top5]
    boxes = result.obb if result.obb is not None else result.boxes
    found = [one_answer(result, boxes, int(at), scale) for at in np.argsort(-boxes.conf.numpy(), kind="stable")]
    return [one for one in found if is_in_photo(one)][: LIMITS["max_det"]]


def regions(result, classes):
    """The classes of the photo's pixels as the model gives them, before Ultralytics makes them as large as the photo."""
    classes = without_bars(classes, result.orig_shape)
    found = []
    for at in np.unique(classes):
        mask = rle(classes == at)
        share = coco.area(mask) / classes.size
        found.append({**label_of(result, int(at)), "score": 1, "share": float(share), "mask": mask_of(mask)})
    return found


def rle(pixels):
    return coco.encode(np.asfortranarray(pixels.astype(np.uint8)))


def mask_of(encoded):
    return {"size": list(encoded["size"]), "counts": encoded["counts"].decode()}


def is_in_photo(one):
    """Untrained heads give sides below zero and masks in the bars alone, which we leave out."""
    left, top, right, bottom = one["box"]
    return right > left and bottom > top and ("mask" not in one or coco.area(one["mask"]) > 0)


def one_answer(result, boxes, at, scale):
    one = {**label_of(result, int(boxes.cls[at])), "score": float(boxes.conf[at])}
    if result.obb is not None:
        # Ultralytics begins at the lower right and goes the other way around.
        quad = boxes.xyxyxyxy[at][[2, 1, 0, 3]]
        one["corners"] = (quad / scale).tolist()
        # The angle is that of pixels of the model's input, as long as both sides shrink alike.
        x, y = max(((quad[i + 1] - quad[i]).tolist() for i in (0, 1)), key=lambda side: math.hypot(*side))
        one["angle"] = math.atan2(y, x) % math.pi
        low, high = quad.min(0).values / scale, quad.max(0).values / scale
        one["box"] = [*low.clamp(0, 1).tolist(), *high.clamp(0, 1).tolist()]
        return one
    one["box"] = (boxes.xyxy[at].reshape(2, 2) / scale).clamp(0, 1).flatten().tolist()
    if result.keypoints is not None:
        one["keypoints"] = [[*(point[:2] / scale).tolist(), float(point[2])] for point in result.keypoints.data[at]]
    if result.masks is not None:
        one["mask"] = mask_of(rle(without_bars(result.masks.data[at].numpy(), result.orig_shape)))
    return one


def without_bars(mask, shape):
    """A mask of the letterbox: the part of it in which the photo lies."""
    ratio = min(side / whole for side, whole in zip(mask.shape, shape))
    rows, columns = (round(side * ratio) for side in shape)
    top, left = (round((side - inner) / 2 - 0.1) for side, inner in zip(mask.shape, (rows, columns)))
    return mask[top : top + rows, left : left + columns]


def without_date(file):
    """The same model has the same hash on another day."""
    model = onnx.load(file)
    kept_properties = [(each.key, each.value) for each in model.metadata_props if each.key != "date"]
    onnx.helper.set_model_props(model, dict(kept_properties))
    onnx.save(model, file)


def from_ultralytics(name, base, task, side, options):
    size = (side, side) if isinstance(side, int) else side
    torch.manual_seed(7)
    model = YOLO(f"{base}{TASKS[task]}.yaml", task=task)
    spread_out(model, size)
    folder = folder_of(name)
    # Limits of `nms=True` are part of the graph.
    file = model.export(format="onnx", imgsz=list(size), **options, **(LIMITS if options.get("nms") else {}))
    shutil.move(file, folder / "model.onnx")
    without_date(folder / "model.onnx")
    # RT-DETR's own predictor stretches pictures and suppresses nothing; the one of YOLO would do neither.
    exported = RTDETR(folder / "model.onnx") if base.startswith("rtdetr") else YOLO(folder / "model.onnx", task=task)
    raw = []
    exported.add_callback("on_predict_batch_start", lambda predictor: watch(predictor, raw))
    # Some are left out below.
    more, cases = {"max_det": 300}, []
    for photo, image in photos(folder):
        result = exported.predict(str(photo), imgsz=list(size), verbose=False, **{**LIMITS, **more})[0]
        found = answers(result, raw[-1])
        cases.append({"case": photo.name, "predictions": found})
    done(folder, cases)


def watch(predictor, raw):
    """Keeps what the model itself gives for each photo."""
    if hasattr(predictor, "is_watched"):
        return
    predictor.is_watched, decode = True, predictor.postprocess

    def kept_and_decoded(outputs, *rest, **named):
        first = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
        raw.append(first[0].numpy())
        return decode(outputs, *rest, **named)

    predictor.postprocess = kept_and_decoded


def kept(tensor):
    flat = np.ascontiguousarray(tensor).reshape(-1)
    return {"shape": list(tensor.shape), "stride": 1, "values": [float(value) for value in flat], "best": [int(tensor.argmax())]}


def classifier(name):
    torch.manual_seed(3)
    network = getattr(torchvision.models, name)(weights=None, num_classes=40).eval()
    pixels = functional.normalize(some_pixels((224, 224)), MEAN, STD)
    settle(network, pixels)
    last = [module for module in network.modules() if isinstance(module, torch.nn.Linear)][-1]
    rescale(last, network, pixels, 3, 0)
    folder, cases = folder_of(f"torchvision-{name}"), []
    given = torch.zeros(1, 3, 224, 224)
    torch.onnx.export(network, (given,), str(folder / "model.onnx"), input_names=["input"], output_names=["output"], dynamo=False)
    for file, image in photos(folder):
        prepared = functional.center_crop(functional.resize(image, 256), [224, 224])
        tensor = functional.normalize(functional.to_tensor(prepared), MEAN, STD)[None]
        with torch.no_grad():
            scores = network(tensor).softmax(1).numpy()
        cases.append({"case": file.name, "outputs": {"output": kept(scores)}})
    done(folder, cases)


def detector(name):
    """torchvision's own detectors: finished boxes in pixels, and no size but the one that was exported."""
    torch.manual_seed(5)
    options = dict(weights=None, weights_backbone=None, num_classes=6)
    network = getattr(torchvision.models.detection, name)(**options, **DETECTORS[name]).eval()
    side = 320
    pixels = some_pixels((side, side))
    settle(network, pixels)
    for layer, spread in last_layers(network):
        rescale(layer, network, pixels, spread, 0)
    folder, cases = folder_of(f"torchvision-{name}"), []
    given = functional.to_tensor(Image.open(HERE / PHOTOS[0]).convert("RGB").resize((side, side)))[None]
    names = dict(input_names=["image"], output_names=["boxes", "scores", "labels"])
    torch.onnx.export(Ordered(network).eval(), (given,), str(folder / "model.onnx"), **names, opset_version=17, dynamo=False)
    run = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    for file, image in photos(folder):
        tensor = functional.to_tensor(functional.resize(image, [side, side]))
        with torch.no_grad():
            found = network([tensor])[0]
        boxes, scores, labels = (found[key].numpy() for key in ("boxes", "scores", "labels"))
        expected = [
            {"classId": int(label), "label": f"class {label}", "score": float(score), "box": np.clip(box / side, 0, 1).tolist()}
            for box, score, label in zip(boxes, scores, labels)
        ]
        cases.append({"case": file.name, "predictions": expected[:40]})
        print(f"  {name}: {len(expected)} boxes; ONNX Runtime finds {len(run.run(None, {'image': tensor[None].numpy()})[0])}")
    done(folder, cases)


class Ordered(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        found = self.network([images[0]])[0]
        return found["boxes"], found["scores"], found["labels"]


DETECTORS = {
    "ssdlite320_mobilenet_v3_large": {"score_thresh": 0.15, "detections_per_img": 40},
    "fasterrcnn_mobilenet_v3_large_320_fpn": {"box_score_thresh": 0.15, "box_detections_per_img": 40, "min_size": 320, "max_size": 320},
}

if __name__ == "__main__":
    print("torch", torch.__version__, "torchvision", torchvision.__version__, "ultralytics", ultralytics.__version__, flush=True)
    made = [(name, from_ultralytics, (name, *each)) for name, each in ULTRALYTICS.items()]
    made += [(f"torchvision-{name}", classifier, (name,)) for name in ("resnet18", "mobilenet_v3_small")]
    made += [(f"torchvision-{name}", detector, (name,)) for name in DETECTORS]
    for name, make, arguments in made:
        if ONLY and name not in ONLY:
            continue
        make(*arguments)
